use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use super::*;

const CHEAP: PasswordOptions =
    PasswordOptions { cost: Cost { memory_kib: 64, iterations: 2 }, concurrency: 2, queue: 16 };

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn a_password_matches_its_own_hash_and_no_other_does() {
    let passwords = Passwords::new(&CHEAP);
    let stored = passwords.hash(&secret("correct horse battery")).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=64,t=2,p=1$"), "{stored}");
    let right = passwords.verify(&secret("correct horse battery"), Some(&stored)).await.unwrap();
    assert_eq!(right, Verdict { matches: true, outdated: false });
    let wrong = passwords.verify(&secret("correct horse batterz"), Some(&stored)).await.unwrap();
    assert!(!wrong.matches);
}

#[tokio::test]
async fn the_same_password_is_hashed_differently_each_time() {
    let passwords = Passwords::new(&CHEAP);
    let password = secret("correct horse battery");
    assert_ne!(passwords.hash(&password).await.unwrap(), passwords.hash(&password).await.unwrap());
}

#[tokio::test]
async fn without_a_hash_nothing_matches_and_nothing_is_outdated() {
    let passwords = Passwords::new(&CHEAP);
    for password in ["", "correct horse battery", &"x".repeat(1 << 20)] {
        let verdict = passwords.verify(&secret(password), None).await.unwrap();
        assert_eq!(verdict, Verdict { matches: false, outdated: false });
    }
}

#[tokio::test]
async fn an_unknown_person_costs_as_much_work_as_a_known_one() {
    let options = PasswordOptions { cost: Cost { memory_kib: 8192, iterations: 3 }, ..CHEAP };
    let passwords = Passwords::new(&options);
    let password = secret("correct horse battery");
    let stored = passwords.hash(&password).await.unwrap();
    let mut fastest = [Duration::MAX; 3];
    for _ in 0..10 {
        for (at, stored) in [Some(stored.as_str()), None, Some("$unreadable$")].into_iter().enumerate() {
            let begun = Instant::now();
            passwords.verify(&password, stored).await.unwrap();
            fastest[at] = fastest[at].min(begun.elapsed());
        }
    }
    // Without the work it is a hundred times as fast.
    let [known, unknown, unreadable] = fastest;
    assert!(unknown * 3 > known && known * 3 > unknown, "{fastest:?}");
    assert!(unreadable * 3 > known && known * 3 > unreadable, "{fastest:?}");
}

#[tokio::test]
async fn a_hash_of_before_is_outdated_once_hashes_cost_more() {
    let before = Passwords::new(&CHEAP);
    let password = secret("correct horse battery");
    let stored = before.hash(&password).await.unwrap();
    let dearer = PasswordOptions { cost: Cost { iterations: 3, ..CHEAP.cost }, ..CHEAP };
    let now = Passwords::new(&dearer);
    assert_eq!(now.verify(&password, Some(&stored)).await.unwrap(), Verdict { matches: true, outdated: true });
    let renewed = now.hash(&password).await.unwrap();
    assert_eq!(now.verify(&password, Some(&renewed)).await.unwrap(), Verdict { matches: true, outdated: false });
}

#[tokio::test]
async fn it_does_not_matter_on_which_keyboard_it_was_typed() {
    let passwords = Passwords::new(&CHEAP);
    let stored = passwords.hash(&secret("caf\u{e9} a la mode")).await.unwrap();
    let typed = passwords.verify(&secret("cafe\u{301} a la mode"), Some(&stored)).await.unwrap();
    assert!(typed.matches);
}

#[tokio::test]
async fn a_long_password_is_taken_whole_or_not_at_all() {
    let passwords = Passwords::new(&CHEAP);
    let longest = "x".repeat(rule::MOST);
    let stored = passwords.hash(&secret(&longest)).await.unwrap();
    assert!(passwords.verify(&secret(&longest), Some(&stored)).await.unwrap().matches);
    for other in [&longest[1..], &format!("{longest}x")] {
        assert!(!passwords.verify(&secret(other), Some(&stored)).await.unwrap().matches);
    }
    let refused = passwords.hash(&secret(&format!("{longest}x"))).await;
    assert!(matches!(refused, Err(PasswordError::TooLong)), "{refused:?}");
}

#[tokio::test]
async fn a_stored_hash_that_cannot_be_read_lets_nobody_in() {
    let passwords = Passwords::new(&CHEAP);
    for stored in ["", "swordfish", "$argon2id$v=19$m=64,t=2,p=1$AAAA$AAAA"] {
        assert!(!passwords.verify(&secret("swordfish"), Some(stored)).await.unwrap().matches, "{stored}");
    }
}

#[tokio::test]
async fn who_comes_when_too_many_wait_is_told_when_to_come_back() {
    let passwords = Arc::new(Passwords::new(&PasswordOptions { concurrency: 1, queue: 1, ..CHEAP }));
    let (open, closed) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let held = Arc::clone(&passwords);
    let held = tokio::spawn(async move {
        let job = move |_: &mut Memory| {
            begun.send(()).unwrap();
            let _ = closed.recv();
        };
        held.pool.run(job).await
    });
    has_begun.await.unwrap();
    let (first, second) = (secret("x"), secret("y"));
    let mut waiting = pin!(passwords.verify(&first, None));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let refused = passwords.verify(&second, None).await.unwrap_err();
    let PasswordError::Busy { retry_after } = refused else { panic!("{refused:?}") };
    assert_eq!(retry_after, Duration::from_secs(1));
    drop(open);
    held.await.unwrap().unwrap();
    assert!(!waiting.await.unwrap().matches);
}

#[tokio::test]
async fn calibration_measures_and_suggests_only_what_is_needed() {
    let calibration = Passwords::new(&CHEAP).calibrate().await.unwrap();
    assert_eq!(calibration.cost, CHEAP.cost);
    assert!(calibration.one > Duration::ZERO && calibration.last_of_four > Duration::ZERO);
    assert_eq!(calibration.suggestion, None);

    let usual = Cost { memory_kib: 65536, iterations: 3 };
    let suggested = |millis| suggestion(usual, Duration::from_millis(millis));
    assert_eq!(suggested(400), None);
    assert_eq!(suggested(500), Some(LESSER[0]));
    assert_eq!(suggested(900), Some(LESSER[1]));
    assert_eq!(suggested(9000), Some(LESSER[2]), "no less than is advised, however slow the machine");
    assert_eq!(suggestion(LESSER[2], Duration::from_secs(1)), None, "there is nothing less");
}

#[tokio::test]
async fn no_password_is_shown() {
    let shown = format!("{:?}", Passwords::new(&CHEAP));
    assert!(shown.contains("memory_kib: 64"), "{shown}");
}
