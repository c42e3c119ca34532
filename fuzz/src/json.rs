//! Mutations of JSON that leave it JSON: most changes of bytes only show that the reader of JSON refuses what is none.

use libfuzzer_sys::fuzzer_mutate;
use serde_json::Value;

use crate::dice::{self, Dice, ODD};

/// Mutates the first `size` bytes of `data` in place; gives the new size. For `fuzz_mutator!`.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut dice = Dice::new(seed);
    if dice.one_in(8) {
        return fuzzer_mutate(data, size, max_size);
    }
    let Ok(mut tree) = serde_json::from_slice::<Value>(&data[..size]) else {
        return fuzzer_mutate(data, size, max_size);
    };
    for _ in 0..=dice.below(3) {
        let other = node(&mut tree, &mut dice).clone();
        edit(node(&mut tree, &mut dice), other, &mut dice);
    }
    match serde_json::to_vec(&tree) {
        Ok(written) if written.len() <= max_size.min(data.len()) => {
            data[..written.len()].copy_from_slice(&written);
            written.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
}

/// Some value in the tree.
fn node<'a>(tree: &'a mut Value, dice: &mut Dice) -> &'a mut Value {
    let mut at = tree;
    loop {
        let children = match at {
            Value::Array(list) => list.len(),
            Value::Object(fields) => fields.len(),
            _ => 0,
        };
        if children == 0 || dice.one_in(8) {
            return at;
        }
        let child = dice.below(children);
        at = match at {
            Value::Array(list) => &mut list[child],
            Value::Object(fields) => fields.values_mut().nth(child).expect("counted"),
            _ => unreachable!("has children"),
        };
    }
}

fn edit(value: &mut Value, other: Value, dice: &mut Dice) {
    match (dice.below(8), &mut *value) {
        (0, _) => *value = odd(dice),
        (1, _) => *value = other,
        (2, _) => *value = Value::Array(vec![value.take()]),
        (_, Value::String(text)) => *text = dice::text(text, dice),
        (_, Value::Number(_)) => *value = number(dice),
        (_, Value::Array(list)) => edit_list(list, other, dice),
        (_, Value::Object(fields)) => {
            let name = fields.keys().nth(dice.below(fields.len())).cloned();
            match (name, dice.below(4)) {
                (Some(name), 0) => drop(fields.remove(&name)),
                (Some(name), 1) => drop(fields.insert(dice::text(&name, dice), other)),
                (Some(name), 2) => drop(fields.insert(name, other)),
                _ => drop(fields.insert(dice.pick(&ODD).to_owned(), other)),
            }
        }
        _ => *value = odd(dice),
    }
}

fn edit_list(list: &mut Vec<Value>, other: Value, dice: &mut Dice) {
    let at = dice.below(list.len());
    match dice.below(4) {
        0 if !list.is_empty() => drop(list.remove(at)),
        1 if !list.is_empty() => {
            let double = list[at].clone();
            list.extend(std::iter::repeat_n(double, 1 + dice.below(40)));
        }
        2 => list.reverse(),
        _ => list.insert(at, other),
    }
}

fn odd(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => Value::Null,
        1 => Value::Bool(dice.one_in(2)),
        2 => Value::Array(Vec::new()),
        3 => Value::Object(serde_json::Map::new()),
        4 => number(dice),
        _ => Value::String(dice.pick(&ODD).to_owned()),
    }
}

fn number(dice: &mut Dice) -> Value {
    const FLOATS: [f64; 6] = [1e308, -1e308, 5e-324, 0.5, -0.0, 1e17];
    match dice.below(4) {
        0 => Value::from(FLOATS[dice.below(FLOATS.len())]),
        1 => Value::from(u64::MAX - dice.below(2) as u64),
        2 => Value::from(i64::MIN + dice.below(2) as i64),
        _ => Value::from(dice.below(4_000) as i64 - 100),
    }
}
