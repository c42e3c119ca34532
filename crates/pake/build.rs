//! Puts the functions that a start and a first search run through side by side in a release build (`start.order`, written by
//! scripts/tune): where they lie apart, each comes into memory with what happens to lie around it, three times as much.
//!
//! The names hold hashes that a new compiler or a new version of a crate changes. Then they are taken without them, which
//! gathers a little more than is needed; and what is not there any more is no matter. Nothing but memory depends on it: where
//! the linker does not understand it, everything lies as it comes.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script asks Cargo's environment, and the compiler whether it can"
)]

use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

/// How long a hash at the end of a name is, with what stands behind it: `0123456789abcdefE`.
const HASH: usize = 17;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=start.order");
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    // The functions are those of this kind of machine.
    if !is("PROFILE", "release") || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        return;
    }
    let (Ok(here), Ok(folder)) = (env::var("CARGO_MANIFEST_DIR"), env::var("OUT_DIR")) else { return };
    let order = Path::new(&here).join("start.order");
    let script = Path::new(&folder).join("start.ld");
    let Ok(names) = fs::read_to_string(&order) else { return };
    if fs::write(&script, linker_script(&names)).is_err() {
        return;
    }
    let in_order = [
        format!("-Wl,-T,{}", script.display()),
        format!("-Wl,--symbol-ordering-file={}", order.display()),
        "-Wl,--no-warn-symbol-ordering".to_owned(),
        // Which function stands where: for scripts/tune.
        format!("-Wl,-Map={folder}/pake.map"),
    ];
    // Cargo does not say it of a package with an `opt-level` of its own.
    let stripped = ["-Wl,--strip-all".to_owned()];
    // The list of what has to be altered in memory when PAKE is loaded: 30 KiB instead of 950 that are read at each start.
    let packed = ["-Wl,-z,pack-relative-relocs".to_owned()];
    // Functions of the same instructions are one: 140 KB less. Their addresses are the same then; nothing is known to mind.
    let folded = ["-Wl,--icf=all".to_owned()];
    for arguments in [stripped.as_slice(), in_order.as_slice(), packed.as_slice(), folded.as_slice()] {
        if understood(arguments, Path::new(&folder)) {
            for argument in arguments {
                println!("cargo::rustc-link-arg-bins={argument}");
            }
        }
    }
}

/// One section before all others for these functions, in whatever version.
fn linker_script(names: &str) -> String {
    let sections: BTreeSet<String> = names.lines().map(section).collect();
    let sections = sections.into_iter().collect::<Vec<_>>().join("\n");
    format!("SECTIONS {{ .text.start : {{ *({sections}) }} }} INSERT BEFORE .text;\n")
}

/// The section of a function, whatever its hash and the number that the compiler puts behind a copy of it.
fn section(name: &str) -> String {
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    let (name, end) = match name.rsplit_once('.').filter(|(_, end)| is_number(end)) {
        Some((name, _)) => (name, "*"),
        None => (name, ""),
    };
    let stem = name.len().checked_sub(HASH).filter(|_| name.starts_with("_ZN") && name.ends_with('E'));
    match stem.and_then(|stem| name.get(..stem)).filter(|stem| stem.ends_with("17h")) {
        Some(stem) => format!(".text.{stem}*"),
        None => format!(".text.{name}{end}"),
    }
}

/// Whether a program can be linked with these, by the compiler and the linker that will link PAKE, and starts here.
fn understood(arguments: &[String], folder: &Path) -> bool {
    let (Ok(rustc), Ok(target)) = (env::var("RUSTC"), env::var("TARGET")) else { return false };
    let (source, program) = (folder.join("nothing.rs"), folder.join("nothing"));
    if fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut command = Command::new(rustc);
    command.arg(&source).arg("-o").arg(&program).args(["--target", &target]);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        command.arg(format!("-Clinker={linker}"));
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    command.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    command.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    succeeds(&mut command) && succeeds(&mut Command::new(&program))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
