//! How long a test waits for something before it takes it for something that never comes.

use std::{
    fmt, io, thread,
    time::{Duration, Instant},
};

/// Longest wait for a process to say something or to end, for an answer, for a request: generous, since a test that
/// waits this long has failed, and a machine may be busy with other things.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Asks again and again until there is an answer: for what nobody announces.
pub fn eventually<T>(what: impl fmt::Display, mut look: impl FnMut() -> Option<T>) -> io::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if Instant::now() > until {
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("{what}: did not happen")));
        }
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_later_is_found() {
        let mut looks = 0;
        let found = eventually("three looks", || {
            looks += 1;
            (looks == 3).then_some("found")
        });
        assert_eq!((found.unwrap(), looks), ("found", 3));
    }
}
