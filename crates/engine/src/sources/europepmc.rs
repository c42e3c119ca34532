//! Under construction.

/// Makes the connector.
pub fn build(_settings: super::Settings) -> Box<dyn crate::source::Source> {
    unimplemented!()
}
