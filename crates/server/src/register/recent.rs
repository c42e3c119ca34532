//! What came last, as far as there is room.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

/// Values by their id, at most so much of them; the oldest go first.
#[derive(Debug)]
pub(super) struct Recent<V> {
    room: usize,
    taken: usize,
    values: HashMap<Uuid, (V, usize)>,
    order: VecDeque<Uuid>,
}

impl<V: Clone> Recent<V> {
    /// Room for values of this size together.
    pub fn new(room: usize) -> Self {
        Self { room, taken: 0, values: HashMap::new(), order: VecDeque::new() }
    }

    /// Keeps a value of this size. One that is larger than the room is kept until the next one comes.
    pub fn insert(&mut self, id: Uuid, value: V, size: usize) {
        self.taken += size;
        match self.values.insert(id, (value, size)) {
            Some((_, before)) => self.taken -= before,
            None => self.order.push_back(id),
        }
        while self.taken > self.room && self.values.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { break };
            if oldest == id {
                self.order.push_back(oldest);
            } else {
                self.forget(oldest);
            }
        }
        if self.order.len() > 2 * self.values.len() + 64 {
            self.order.retain(|id| self.values.contains_key(id));
        }
    }

    /// The value of this id.
    pub fn get(&self, id: Uuid) -> Option<V> {
        self.values.get(&id).map(|(value, _)| value.clone())
    }

    /// All of them, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.values.values().map(|(value, _)| value)
    }

    /// Forgets one. Its id stays in the order, to be passed over when its turn comes.
    pub fn forget(&mut self, id: Uuid) {
        if let Some((_, size)) = self.values.remove(&id) {
            self.taken -= size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn the_oldest_make_room_for_the_newest() {
        let mut recent = Recent::new(10);
        for number in 0..100 {
            recent.insert(id(number), number, 3);
        }
        assert_eq!([96, 97, 98, 99].map(|number| recent.get(id(number))), [None, Some(97), Some(98), Some(99)]);
        assert_eq!((recent.taken, recent.values.len(), recent.order.len()), (9, 3, 3));
    }

    #[test]
    fn a_value_that_changes_its_size_is_counted_once() {
        let mut recent = Recent::new(10);
        recent.insert(id(1), "a", 4);
        recent.insert(id(1), "b", 6);
        recent.insert(id(2), "c", 4);
        assert_eq!((recent.get(id(1)), recent.get(id(2)), recent.taken), (Some("b"), Some("c"), 10));
    }

    #[test]
    fn one_that_is_larger_than_the_room_is_there_until_the_next() {
        let mut recent = Recent::new(10);
        recent.insert(id(1), 1, 5);
        recent.insert(id(2), 2, 50);
        assert_eq!((recent.get(id(1)), recent.get(id(2))), (None, Some(2)));
        recent.insert(id(3), 3, 5);
        assert_eq!((recent.get(id(2)), recent.get(id(3)), recent.taken), (None, Some(3), 5));
    }

    #[test]
    fn what_is_forgotten_leaves_its_room() {
        let mut recent = Recent::new(10);
        for number in 0..3 {
            recent.insert(id(number), number, 3);
        }
        recent.forget(id(1));
        recent.forget(id(7));
        recent.insert(id(3), 3, 3);
        assert_eq!([0, 1, 2, 3].map(|number| recent.get(id(number))), [Some(0), None, Some(2), Some(3)]);
        recent.insert(id(4), 4, 3);
        assert_eq!([0, 2, 3, 4].map(|number| recent.get(id(number))), [None, Some(2), Some(3), Some(4)]);
        for number in 10..10_000 {
            recent.insert(id(number), 0, 1);
            recent.forget(id(number));
        }
        assert!(recent.order.len() < 200);
    }
}
