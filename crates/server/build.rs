//! Makes the folder from which the web app gets into the binary, so that Cargo and a debug build can look into it, and says
//! when the app in a release build is not the one in the folder any more.

use std::{env, fs, path::Path};

#[expect(clippy::disallowed_methods, reason = "Cargo tells a build script of the profile in the environment")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let built = Path::new("../../web/dist");
    // Where it cannot be made, there is no app either.
    let is_there = fs::create_dir_all(built).is_ok();
    if is_there && env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", built.display());
    }
}
