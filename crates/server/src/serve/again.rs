//! A task that is not sent to the back of the queue for what it tells itself.
//!
//! hyper hands the body of a request from the part of a connection that reads it to the part that answers through a channel,
//! and both are one task: it wakes itself while it runs. tokio puts such a task behind all others and wakes another thread
//! for it, which costs more than the poll that it then gets.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

/// How often in a row a task is polled; then it is the turn of others.
const POLLS: usize = 4;

/// Nobody is at it.
const ASLEEP: u8 = 0;
/// It is polled just now.
const AWAKE: u8 = 1;
/// It was woken while it was polled.
const ONCE_MORE: u8 = 2;

/// What a task that is polled again at once gives as its waker.
#[derive(Default)]
struct Bell {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let met = self.state.compare_exchange(AWAKE, ONCE_MORE, Ordering::AcqRel, Ordering::Acquire);
        if met == Err(ASLEEP) {
            self.task.wake();
        }
    }
}

/// The same future, polled once more at once when it was woken while it was polled.
pub(super) async fn again<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    poll_fn(move |context| {
        bell.task.register(context.waker());
        for _ in 0..POLLS {
            bell.state.store(AWAKE, Ordering::Release);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            let asleep = bell.state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire);
            if asleep.is_ok() {
                return Poll::Pending;
            }
        }
        bell.state.store(ASLEEP, Ordering::Release);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::task::noop_waker;
    use tokio::sync::{mpsc, oneshot};

    use super::*;

    /// Counts how often a task is woken from outside.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Passes numbers from one part of a task to another, as hyper does with pieces of bodies.
    async fn passes(count: u32) -> u32 {
        let (sender, mut receiver) = mpsc::channel(1);
        let send = async move {
            for number in 0..count {
                sender.send(number).await.unwrap();
            }
        };
        let receive = async {
            let mut sum = 0;
            while let Some(number) = receiver.recv().await {
                sum += number;
            }
            sum
        };
        // The one who waits comes first: he is woken by the other while both are polled.
        tokio::join!(biased; receive, send).0
    }

    #[test]
    fn what_a_task_tells_itself_wakes_nobody_else() {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut plain = pin!(passes(2));
        assert!(plain.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(woken.0.swap(0, Ordering::Relaxed) > 0, "otherwise this test shows nothing");
        let mut ours = pin!(again(passes(2)));
        assert_eq!(ours.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(1));
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_task_that_always_wakes_itself_lets_others_have_their_turn() {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut polls = 0;
        {
            let mut restless = pin!(again(poll_fn(|context| -> Poll<()> {
                polls += 1;
                context.waker().wake_by_ref();
                Poll::Pending
            })));
            assert!(restless.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        assert_eq!((polls, woken.0.load(Ordering::Relaxed)), (POLLS, 1));
    }

    #[test]
    fn who_is_woken_from_elsewhere_is_woken() {
        let (sender, receiver) = oneshot::channel();
        let woken = Arc::new(Woken::default());
        let mut ours = pin!(again(receiver));
        assert!(ours.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_pending());
        // The waker of the latest poll counts.
        assert!(ours.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&woken)))).is_pending());
        sender.send(7).unwrap();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(ours.as_mut().poll(&mut Context::from_waker(&noop_waker())), Poll::Ready(Ok(7)));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_that_many_threads_tell_it_is_lost() {
        for _ in 0..200 {
            let (sender, mut receiver) = mpsc::channel(2);
            for teller in 0..4_u32 {
                let sender = sender.clone();
                tokio::spawn(async move {
                    for number in 0..50 {
                        sender.send(teller * 50 + number).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                });
            }
            drop(sender);
            let told = tokio::spawn(again(async move {
                let mut sum = 0;
                while let Some(number) = receiver.recv().await {
                    sum += number;
                }
                sum
            }));
            assert_eq!(told.await.unwrap(), (0..200).sum::<u32>());
        }
    }
}
