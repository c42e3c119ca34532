//! Who reads an answer now: a few at a time, and of those who wait whoever asked first.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::oneshot, time::Instant};

/// A number of turns.
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: BinaryHeap<Waiting>,
    /// How many have waited.
    came: u64,
}

#[derive(Debug)]
struct Waiting {
    /// Since when his search is under way; of one search, in the order in which they came.
    place: Reverse<(Instant, u64)>,
    his: oneshot::Sender<Turn>,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}

/// Somebody's turn, until it is dropped: then it is the next one's.
#[derive(Debug)]
pub(super) struct Turn(Option<Arc<Turns>>);

impl Turns {
    /// As many at a time.
    pub fn new(at_a_time: usize) -> Arc<Self> {
        let state = State { free: at_a_time, waiting: BinaryHeap::new(), came: 0 };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Waits for a turn, for a search that is under way since `began`.
    pub async fn take(self: &Arc<Self>, began: Instant) -> Turn {
        let his = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.free > 0 {
                state.free -= 1;
                return Turn(Some(Arc::clone(self)));
            }
            state.came += 1;
            let (his, turn) = oneshot::channel();
            let place = Reverse((began, state.came));
            state.waiting.push(Waiting { place, his });
            turn
        };
        // None is dropped while somebody waits for it.
        his.await.unwrap_or(Turn(None))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.0.take() else { return };
        let mut state = turns.state.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(next) = state.waiting.pop() {
            match next.his.send(Turn(Some(Arc::clone(&turns)))) {
                Ok(()) => return,
                // He does not wait any more.
                Err(mut turn) => drop(turn.0.take()),
            }
        }
        state.free += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::Pin, time::Duration};

    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    type Taking = Pin<Box<dyn Future<Output = Turn>>>;

    /// Begins to wait: as a future does that is polled for the first time.
    fn wait(turns: &Arc<Turns>, began: Instant) -> (Taking, Option<Turn>) {
        let turns = Arc::clone(turns);
        let mut taking: Taking = Box::pin(async move { turns.take(began).await });
        let turn = (&mut taking).now_or_never();
        (taking, turn)
    }

    #[test]
    fn of_those_who_wait_the_oldest_search_is_next_and_who_has_gone_is_passed_over() {
        let (turns, now) = (Turns::new(1), Instant::now());
        let (_, first) = wait(&turns, now);
        let mut waiting = [5, 2, 4, 3, 2].map(|second| Some(wait(&turns, now + Duration::from_secs(second)).0));
        waiting[1] = None;
        let mut turn = first;
        for next in [4, 3, 2, 0] {
            assert!(waiting.iter_mut().flatten().all(|taking| taking.now_or_never().is_none()));
            drop(turn.take());
            turn = waiting[next].take().and_then(FutureExt::now_or_never);
            assert!(turn.is_some(), "{next}");
        }
    }

    proptest! {
        #[test]
        fn no_turn_is_lost_and_none_is_made(
            at_a_time in 1_usize..4,
            steps in prop::collection::vec((0_u8..4, any::<prop::sample::Index>()), 0..60),
        ) {
            let (turns, now) = (Turns::new(at_a_time), Instant::now());
            let (mut taken, mut waiting): (Vec<Turn>, Vec<Taking>) = (Vec::new(), Vec::new());
            for (step, index) in steps {
                match step {
                    0 | 1 => match wait(&turns, now + Duration::from_secs(index.index(10) as u64)) {
                        (_, Some(turn)) => taken.push(turn),
                        (taking, None) => waiting.push(taking),
                    },
                    2 if !taken.is_empty() => drop(taken.swap_remove(index.index(taken.len()))),
                    // Gone, perhaps with a turn in hand that he has not seen yet.
                    _ if !waiting.is_empty() => drop(waiting.swap_remove(index.index(waiting.len()))),
                    _ => {}
                }
                if index.index(3) == 0 {
                    waiting.retain_mut(|taking| taking.now_or_never().map(|turn| taken.push(turn)).is_none());
                }
                prop_assert!(taken.len() <= at_a_time);
            }
            (taken, waiting) = (Vec::new(), Vec::new());
            drop((taken, waiting));
            let all: Vec<_> = (0..=at_a_time).map(|_| wait(&turns, now).1).collect();
            prop_assert_eq!(all.iter().flatten().count(), at_a_time);
        }
    }
}
