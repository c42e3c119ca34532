//! Machines one after the other. Purely: what is deployed to next, and what is said at the end.

use std::fmt;

/// How it went on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The new release is the current one.
    Done,
    /// It is not; what was serves on, or a person has to look.
    Failed,
    /// Nobody knows: the machine cannot be reached any more. Its deployment goes on there by itself.
    Lost,
}

/// A way through all machines: the next one has its turn only when it went well on the one before, so that a bad release is
/// bad on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    hosts: Vec<String>,
    outcomes: Vec<Outcome>,
}

impl Round {
    /// Before the first machine.
    pub const fn of(hosts: Vec<String>) -> Self {
        Self { hosts, outcomes: Vec::new() }
    }

    /// The machine whose turn it is; none when it is over.
    pub fn next(&self) -> Option<&str> {
        let is_well = self.outcomes.iter().all(|outcome| *outcome == Outcome::Done);
        self.hosts.get(self.outcomes.len()).filter(|_| is_well).map(String::as_str)
    }

    /// How it went on the machine whose turn it was.
    pub fn went(&mut self, outcome: Outcome) {
        if self.next().is_some() {
            self.outcomes.push(outcome);
        }
    }

    /// Whether every machine has the new release.
    pub fn is_done(&self) -> bool {
        self.outcomes.len() == self.hosts.len() && self.outcomes.iter().all(|outcome| *outcome == Outcome::Done)
    }

    /// How often it went this way.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.outcomes.iter().filter(|it| **it == outcome).count()
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, host) in self.hosts.iter().enumerate() {
            let said = match self.outcomes.get(at) {
                Some(Outcome::Done) => "has the new release",
                Some(Outcome::Failed) => "has not taken the new release: what was serves on, or it stands still",
                Some(Outcome::Lost) => "cannot be reached: its deployment goes on by itself there",
                None => "was not touched",
            };
            let end = if at + 1 == self.hosts.len() { "" } else { "\n" };
            write!(f, "{host} {said}{end}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_done_on_the_machines_behind_one_that_failed() {
        let mut round = Round::of(["a", "b", "c"].map(str::to_owned).into());
        assert_eq!(round.next(), Some("a"));
        round.went(Outcome::Done);
        assert_eq!(round.next(), Some("b"));
        round.went(Outcome::Lost);
        assert_eq!((round.next(), round.is_done()), (None, false));
        let said = round.to_string();
        assert_eq!(
            said,
            "a has the new release\nb cannot be reached: its deployment goes on by itself there\nc was not touched"
        );
    }

    proptest! {
        #[test]
        fn each_machine_has_one_turn_in_order_and_the_first_that_fails_is_the_last(
            outcomes in prop::collection::vec(
                prop::sample::select(vec![Outcome::Done, Outcome::Done, Outcome::Failed, Outcome::Lost]), 0..8,
            ),
        ) {
            let hosts: Vec<String> = (0..outcomes.len()).map(|at| format!("web{at}")).collect();
            let mut round = Round::of(hosts.clone());
            let mut visited = Vec::new();
            while let Some(host) = round.next() {
                visited.push(host.to_owned());
                round.went(outcomes[visited.len() - 1]);
            }
            let first_bad = outcomes.iter().position(|outcome| *outcome != Outcome::Done);
            prop_assert_eq!(&visited, &hosts[..first_bad.map_or(hosts.len(), |at| at + 1)]);
            prop_assert_eq!(round.is_done(), first_bad.is_none());
            round.went(Outcome::Failed);
            prop_assert_eq!(round.count(Outcome::Done), first_bad.unwrap_or(outcomes.len()));
        }
    }
}
