use std::collections::BTreeSet;

use serde_json::{Value, json};
use utoipa::PartialSchema as _;

use crate::{frame::FrameType, testing::described};

fn names(union: &str) -> BTreeSet<String> {
    let union = described::component(union);
    let mapping = union["discriminator"]["mapping"].as_object().unwrap();
    assert_eq!(union["discriminator"]["propertyName"], "type");
    assert_eq!(union["oneOf"].as_array().unwrap().len(), mapping.len());
    for (kind, place) in mapping {
        let component = described::component(place.as_str().unwrap().rsplit('/').next().unwrap());
        assert_eq!(component["properties"]["type"]["enum"], json!([kind]), "{place}");
        assert!(component["required"].as_array().unwrap().contains(&json!("type")), "{place}");
    }
    mapping.keys().cloned().collect()
}

#[test]
fn every_frame_that_the_server_can_say_is_described() {
    let known = serde_json::to_value(FrameType::schema()).unwrap();
    let known: BTreeSet<_> = known["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(names("ServerFrame").iter().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

#[test]
fn the_frames_of_clients_are_those_that_the_socket_names() {
    let named = ["auth", "cancel", "ping", "resume", "search", "subscribe", "unsubscribe"];
    assert_eq!(names("ClientFrame").iter().map(String::as_str).collect::<Vec<_>>(), named);
}
