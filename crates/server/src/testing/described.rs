//! Whether a value is what the OpenAPI document says of it: nothing missing, nothing that is not described, right types.

use std::sync::LazyLock;

use serde_json::{Map, Value};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&crate::openapi()).unwrap());

/// The component of this name.
pub fn component(name: &str) -> &'static Value {
    let component = &DOCUMENT["components"]["schemas"][name];
    assert!(!component.is_null(), "there is no component `{name}`");
    component
}

/// Fails with what does not fit where this value is not as the component says.
pub fn assert_fits(name: &str, value: &Value) {
    if let Err(misfit) = fits(component(name), value) {
        panic!("not as `{name}` is described: {misfit}\n{value:#}");
    }
}

fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(place) = schema["$ref"].as_str() {
        return fits(component(place.rsplit('/').next().unwrap()), value)
            .map_err(|misfit| format!("{place}: {misfit}"));
    }
    if let Some(cases) = schema["oneOf"].as_array() {
        return fits_one(cases, value);
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    let named: Vec<&str> = schema["type"].as_array().map_or_else(
        || schema["type"].as_str().into_iter().collect(),
        |kinds| kinds.iter().filter_map(Value::as_str).collect(),
    );
    let is_named = named.contains(&kind(value)) || (value.is_number() && named.contains(&"number"));
    if !named.is_empty() && !is_named {
        return Err(format!("{value} is not {named:?}"));
    }
    match value {
        Value::Array(values) => {
            values.iter().try_for_each(|value| fits(&schema["items"], value).map_err(|misfit| format!("[]: {misfit}")))
        }
        Value::Object(members) => fits_members(schema, members),
        _ => Ok(()),
    }
}

/// One of these, as a whole; the reasons of all where it is none.
fn fits_one(cases: &[Value], value: &Value) -> Result<(), String> {
    let mut misfits = Vec::new();
    for case in cases {
        match fits(case, value) {
            Ok(()) => return Ok(()),
            Err(misfit) => misfits.push(misfit),
        }
    }
    Err(misfits.join(" | "))
}

fn fits_members(schema: &Value, members: &Map<String, Value>) -> Result<(), String> {
    let mut known = Map::new();
    let mut required = Vec::new();
    gather(schema, &mut known, &mut required);
    if let Some(missing) = required.iter().find(|name| !members.contains_key(**name)) {
        return Err(format!("`{missing}` is missing"));
    }
    for (name, value) in members {
        match known.get(name) {
            Some(schema) => fits(schema, value).map_err(|misfit| format!("{name}: {misfit}"))?,
            // Where nothing is said of the members, all may be there.
            None if known.is_empty() || schema.get("additionalProperties").is_some_and(|more| *more != false) => {}
            None => return Err(format!("`{name}` is not described")),
        }
    }
    Ok(())
}

/// The members that a schema describes, those of its parts with them.
fn gather<'a>(schema: &'a Value, known: &mut Map<String, Value>, required: &mut Vec<&'a str>) {
    if let Some(place) = schema["$ref"].as_str() {
        let name = place.rsplit('/').next().unwrap();
        return gather(&DOCUMENT["components"]["schemas"][name], known, required);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather(part, known, required);
    }
    known.extend(schema["properties"].as_object().cloned().unwrap_or_default());
    required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
}

/// The name of a value's type as schemas have it.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn what_is_missing_wrong_or_not_described_does_not_fit() {
    use serde_json::json;
    let good = json!({ "type": "reconnect", "timestamp": "x", "message_id": "x", "data": { "after_ms": 1 } });
    assert_eq!(fits(component("ServerFrame"), &good), Ok(()));
    let bad = [
        ("/data/after_ms", json!("soon")),
        ("/data", json!({})),
        ("/data", json!({ "after_ms": 1, "why": "tea" })),
        ("/type", json!("search_started")),
    ];
    for (place, value) in bad {
        let mut frame = good.clone();
        *frame.pointer_mut(place).unwrap() = value;
        assert!(fits(component("ServerFrame"), &frame).is_err(), "{frame}");
    }
}
