use super::*;
use crate::release::Settings;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn content(image: &str, digit: char, settings: &[(&str, &str)]) -> Content {
    let settings: Settings = settings.iter().map(|(name, hash)| ((*name).to_owned(), (*hash).to_owned())).collect();
    Content { image: image.to_owned(), digest: format!("sha256:{}", String::from(digit).repeat(64)), settings }
}

fn id(text: &str) -> DeployId {
    text.parse().unwrap()
}

fn survey() -> Survey {
    let live = content("pake:1", 'a', &[("PAKE_LOG__LEVEL", "1"), ("PAKE_OLD", "1"), ("PAKE_SAME", "1")]);
    Survey {
        active: Some(Colour::Blue),
        live: Some(Live { deploy: Some(id("0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42")), content: live }),
        target: content("pake:2", 'b', &[("PAKE_LOG__LEVEL", "2"), ("PAKE_NEW", "1"), ("PAKE_SAME", "1")]),
        migrations: Migrations { expand: vec!["13 tags".to_owned()], contract: vec!["14 old_tags".to_owned()] },
    }
}

fn plan() -> Plan {
    Plan::new(id("0198f2c4-6000-7a10-9c51-2b6f0c1d7e42"), at(1_800_000_000), survey(), Policy::DEPLOY)
}

#[test]
fn a_plan_says_what_would_be_done() {
    insta::assert_snapshot!(plan(), @r"
    deploy pake:2 as green, beside blue
      image       sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb
      settings    ~PAKE_LOG__LEVEL +PAKE_NEW -PAKE_OLD
      database    backed up, then expanded: 13 tags
                  14 old_tags: left for `pake migrate contract`, once no older release is needed
      backups     the newest 10 that deployments took stay, older ones go
      time        124 to 300 s, beside what fetching and copying take
      undone      by itself when a gate fails, and with --abort, until the old release is drained
                  afterwards `pake rollback` leads to 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42
    ");
}

#[test]
fn a_canary_stands_in_the_plan_with_what_it_costs() {
    let policy = Policy { canary: vec![5, 25, 50], ..Policy::DEPLOY };
    let plan = Plan { policy, ..plan() };
    let text = plan.to_string();
    assert!(text.contains("\n  canary      5, 25, 50 % of the requests, each for 60 s\n"), "{text}");
    assert_eq!(plan.seconds(), (304, 480), "three minutes more");
    let kept: Plan = serde_json::from_value(serde_json::to_value(&plan).unwrap()).unwrap();
    assert_eq!(kept, plan);
}

#[test]
fn a_plan_for_an_empty_machine_has_nothing_to_go_back_to() {
    let nothing = Survey { active: None, live: None, migrations: Migrations::default(), ..survey() };
    let plan = Plan::new(plan().deploy, at(1_800_000_000), nothing, Policy::DEPLOY);
    insta::assert_snapshot!(plan, @r"
    deploy pake:2 as blue; nothing is live
      image       sha256:bbbbbbbbbbbb
      settings    +PAKE_LOG__LEVEL +PAKE_NEW +PAKE_SAME
      database    backed up, else as it is
      backups     the newest 10 that deployments took stay, older ones go
      time        124 to 300 s, beside what fetching and copying take
      undone      by itself when a gate fails, and with --abort, until the old release is drained
                  afterwards there is no release to go back to
    ");
}

#[test]
fn what_compose_started_can_be_gone_back_to() {
    let live = survey().live.map(|live| Live { deploy: None, ..live });
    let plan = Plan::new(plan().deploy, at(1_800_000_000), Survey { live, ..survey() }, Policy::DEPLOY);
    let text = plan.to_string();
    assert!(text.ends_with("afterwards `pake rollback` leads to what is live now\n"), "{text}");
}

#[test]
fn going_back_leads_further_back_afterwards() {
    let target = Release {
        deploy: id("0198f2c4-0000-7a10-9c51-2b6f0c1d7e42"),
        content: content("pake:0", 'b', &[]),
        committed_at: at(1_700_000_000),
        before: None,
    };
    let back = Survey { target: target.content.clone(), migrations: Migrations::default(), ..survey() };
    let plan = Plan::back_to(&target, plan().deploy, at(1_800_000_000), back, Policy::ROLLBACK);
    insta::assert_snapshot!(plan, @r"
    go back to pake:0 as green, beside blue
      image       sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb
      settings    -PAKE_LOG__LEVEL -PAKE_OLD -PAKE_SAME
      database    stays as it is; what was written to it stays
      time        30 to 210 s, beside what fetching and copying take
      undone      by itself when a gate fails, and with --abort, until the old release is drained
                  afterwards there is no release to go back to
    ");
}

#[test]
fn a_plan_out_of_a_file_is_held_against_the_world() {
    let text = serde_json::to_string(&plan()).unwrap();
    let kept: Plan = serde_json::from_str(&text).unwrap();
    assert_eq!(kept.drift(&survey()), Vec::<String>::new());

    let mut now = survey();
    now.active = Some(Colour::Green);
    now.live.as_mut().unwrap().deploy = None;
    now.target.digest = "sha256:c".to_owned();
    now.target.settings.insert("PAKE_NEW".to_owned(), "2".to_owned());
    now.migrations.expand.clear();
    insta::assert_snapshot!(kept.drift(&now).join("\n"), @r"
    live colour: blue when the plan was made, green now
    live release: 0198f2c4-5d3e-7a10-9c51-2b6f0c1d7e42 when the plan was made, sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa now
    digest of the image: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb when the plan was made, sha256:c now
    steps of the database that are due: 13 tags when the plan was made, none now
    settings: ~PAKE_NEW since the plan was made
    ");
}

#[test]
fn a_file_that_is_no_plan_is_refused() {
    let mut text = serde_json::to_value(plan()).unwrap();
    text["surprise"] = true.into();
    assert!(serde_json::from_value::<Plan>(text).is_err());
}
