//! What a shell does on another machine. Plain `sh`, and what every system has.

/// Whether the program is there already, and whether it could run there. What was over a week ago goes, and so do programs that nobody
/// has used for as long. Arguments: folder, hash, architecture.
pub(super) const KEEP: &str = r#"set -eu
path=$1/bin/$2/pake
case $(uname -m) in amd64) arch=x86_64;; arm64) arch=aarch64;; *) arch=$(uname -m);; esac
if [ "$arch" != "$3" ]; then echo "this program is for $3, the machine is $arch: run pake from a machine like it" >&2; exit 1; fi
old() { [ ! -d "$1" ] || find "$1" -mindepth 1 -maxdepth 1 -type d -mtime +7; }
old "$1/runs" | while read -r run; do
  if [ -e "$run/status" ] || ! kill -0 "$(cat "$run/process" 2>/dev/null)" 2>/dev/null; then rm -rf "$run"; fi
done
old "$1/bin" | while read -r bin; do [ "$bin" = "$1/bin/$2" ] || rm -rf "$bin"; done
if [ -x "$path" ]; then touch "$1/bin/$2"; echo "there $path"; else echo wanted; fi"#;

/// Takes the program from its input; it has its name only when it is whole. Arguments: folder, hash.
pub(super) const RECEIVE: &str = r#"set -eu
umask 077
mkdir -p "$1/bin/$2"
part=$1/bin/$2/part.$$
trap 'rm -f "$part"' EXIT
cat >"$part"
echo "$2  $part" | sha256sum -c - >/dev/null || { echo "the program came otherwise than it was sent: is the disk full?" >&2; exit 1; }
chmod 0700 "$part"
mv "$part" "$1/bin/$2/pake"
echo "there $1/bin/$2/pake""#;

/// Begins something under a name, where it was not begun yet, and says what it says from a byte on; ends as it does. Arguments:
/// folder, name, byte, and what is to be done, word by word.
pub(super) const FOLLOW: &str = r#"set -eu
umask 077
mkdir -p "$1/runs"
run=$1/runs/$2 from=$3
shift 3
# Made at once by one of those who come, however many do.
if mkdir "$run" 2>/dev/null; then
  # A session of its own, so that it does not end with the connection.
  setsid sh -c 'run=$1; shift; echo $$ >"$run/process"; status=0; "$@" >"$run/said" 2>"$run/talk" </dev/null || status=$?
    echo $status >"$run/part"; mv "$run/part" "$run/status"' sh "$run" "$@" >/dev/null 2>&1 </dev/null &
fi
tries=0
until [ -e "$run/said" ]; do
  tries=$((tries + 1)); [ $tries -lt 50 ] || { echo "it does not begin there" >&2; exit 1; }
  sleep 0.1
done
while :; do
  over=; [ ! -e "$run/status" ] || over=1
  size=$(wc -c <"$run/said")
  if [ "$size" -gt "$from" ]; then tail -c +$((from + 1)) "$run/said" | head -c $((size - from)); from=$size; fi
  if [ -n "$over" ]; then cat "$run/talk" >&2; exit "$(cat "$run/status")"; fi
  if ! kill -0 "$(cat "$run/process")" 2>/dev/null && [ ! -e "$run/status" ]; then
    echo "what was begun there has died: take it up with --resume" >&2; exit 1
  fi
  sleep 0.2
done"#;

/// Holds the lock of all machines as long as its input is open. Arguments: folder, who holds it.
pub(super) const LOCK: &str = r#"set -eu
umask 077
mkdir -p "$1"
exec 9>>"$1/round.lock"
if ! flock -n 9; then echo "held $(cat "$1/round.holder" 2>/dev/null)"; exit 1; fi
printf '%s\n' "$2" >"$1/round.holder"
echo yours
cat >/dev/null"#;

/// A word that a shell takes as it is.
pub(super) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test may start processes")]

    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// What a script says here, and how it ends.
    fn said(script: &str, arguments: &[&str]) -> (String, String, bool) {
        let run = Command::new("sh").args(["-c", script, "pake"]).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&run.stdout), text(&run.stderr), run.status.success())
    }

    #[test]
    fn what_was_begun_once_is_not_begun_again_and_is_told_from_any_byte() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let count = folder.path().join("count");
        let script = format!("echo one; echo two; echo x >>'{}'; exit 3", count.display());
        let (first, _, is_good) = said(FOLLOW, &[place, "a", "0", "sh", "-c", &script]);
        assert_eq!((first.as_str(), is_good), ("one\ntwo\n", false));
        let (again, _, _) = said(FOLLOW, &[place, "a", "4", "sh", "-c", &script]);
        assert_eq!(again, "two\n");
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
        let (_, talk, _) = said(FOLLOW, &[place, "b", "0", "sh", "-c", "echo warning >&2"]);
        assert_eq!(talk, "warning\n");
        let (_, talk, is_good) = said(FOLLOW, &[place, "c", "0", "sh", "-c", "kill -9 $PPID"]);
        assert!(!is_good && talk.contains("take it up with --resume"), "{talk}");
    }

    #[test]
    fn a_program_has_its_name_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let (answer, ..) = said(KEEP, &[place, "nohash", std::env::consts::ARCH]);
        assert_eq!(answer, "wanted\n");
        let (_, why, is_good) = said(RECEIVE, &[place, &"0".repeat(64)]);
        assert!(!is_good && why.contains("came otherwise"), "{why}");
        let nothing = crate::journal::sha256(b"");
        let (answer, ..) = said(RECEIVE, &[place, &nothing]);
        assert_eq!(answer, format!("there {place}/bin/{nothing}/pake\n"));
        assert_eq!(said(KEEP, &[place, &nothing, std::env::consts::ARCH]).0, answer);
        let (_, why, is_good) = said(KEEP, &[place, &nothing, "pdp11"]);
        assert!(!is_good && why.contains("pdp11"), "{why}");
    }

    #[test]
    fn what_was_over_long_ago_goes_and_what_is_at_work_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let made = "cd \"$1\"; mkdir -p runs/over runs/dead runs/works runs/new bin/mine bin/other bin/fresh; touch runs/over/status \
                    runs/new/status bin/mine/pake; chmod +x bin/mine/pake; echo 999999999 >runs/dead/process; echo $PPID >runs/works/process; \
                    touch -d '10 days ago' runs/over runs/dead runs/works bin/mine bin/other";
        assert!(said(made, &[place]).2);
        for _ in 0..2 {
            let (answer, why, _) = said(KEEP, &[place, "mine", std::env::consts::ARCH]);
            assert_eq!(answer, format!("there {place}/bin/mine/pake\n"), "{why}");
            assert_eq!(said("cd \"$1\"; echo runs/* bin/*", &[place]).0, "runs/new runs/works bin/fresh bin/mine\n");
        }
    }

    #[test]
    fn two_rounds_are_not_made_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", LOCK, "pake", place, "ada on laptop"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 6];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut first).unwrap();
        assert_eq!(&first, b"yours\n");
        let (answer, _, is_good) = said(LOCK, &[place, "grace"]);
        assert_eq!((answer.as_str(), is_good), ("held ada on laptop\n", false));
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(said(LOCK, &[place, "grace"]).0, "yours\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn a_word_comes_through_a_shell_as_it_is(word in "[^\0]{0,40}") {
            let script = format!("printf %s {}", quoted(&word));
            prop_assert_eq!(said(&script, &[]).0, word);
        }
    }
}
