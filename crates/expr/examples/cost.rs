//! What an evaluation costs: `cargo run -p partywall-expr --example cost --release`.
//!
//! Prints nanoseconds per evaluation of three typical expressions over one asset, side by side with the
//! interpreter of the `cel` crate (its context already built) where it knows the functions, the time to
//! compile each from text, to load its stored form, and how long that form is.

use std::hint::black_box;
use std::time::{Duration, Instant};

use partywall_expr::{Language, NoHost, Program, Scope};
use partywall_model::Node;

const ASSET: &str = r#"{
    "VersioningConfiguration": {"Status": "Enabled"},
    "PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true},
    "SecurityGroupIngress": [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"},
        {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "CidrIp": "10.1.0.0/16"},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    ],
    "PolicyDocument": {"Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::data/*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ]}
}"#;

const EXPRESSIONS: [(&str, &str); 3] = [
    ("a setting", r#"asset.VersioningConfiguration.Status != "Enabled""#),
    (
        "a rule in a list",
        r#"asset.SecurityGroupIngress.exists(r, r.CidrIp in ["0.0.0.0/0", "::/0"] && r.FromPort <= 22 && r.ToPort >= 22)"#,
    ),
    (
        "a policy document",
        r#"as_list(asset.PolicyDocument.Statement).exists(s, s.Effect == "Allow" && as_list(s.Action).exists(a, a == "*") && !has(s.Condition))"#,
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let asset: Node = serde_json::from_str(ASSET)?;
    let language = Language::new(vec!["asset"], &[]);
    let mut context = cel::Context::default();
    context.add_variable("asset", &asset)?;
    println!(
        "{:<20}{:>14}{:>10}{:>14}{:>10}{:>8}",
        "", "evaluate ns", "cel ns", "compile µs", "load ns", "bytes"
    );
    for (name, source) in EXPRESSIONS {
        let program = Program::compile(source, &language)?;
        let stored = postcard::to_allocvec(&program)?;
        let scope = Scope::new().with("asset", &asset);
        let evaluate = per_run(|| drop(black_box(program.evaluate(black_box(&scope), &NoHost))));
        let compile = per_run(|| drop(black_box(Program::compile(black_box(source), &language))));
        let load = per_run(|| drop(black_box(postcard::from_bytes::<Program>(black_box(&stored)))));
        let cel = cel::Program::compile(source)?;
        let cel = cel.execute(&context).is_ok().then(|| per_run(|| drop(black_box(cel.execute(&context)))));
        println!(
            "{name:<20}{:>14}{:>10}{:>14}{:>10}{:>8}",
            evaluate.as_nanos(),
            cel.map_or("-".to_owned(), |time| time.as_nanos().to_string()),
            compile.as_micros(),
            load.as_nanos(),
            stored.len()
        );
    }
    Ok(())
}

/// The time of one run: the best of five rounds of at least 100 ms each.
fn per_run(mut run: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let started = Instant::now();
        let mut runs = 0_u32;
        while started.elapsed() < Duration::from_millis(100) {
            for _ in 0..16 {
                run();
            }
            runs += 16;
        }
        best = best.min(started.elapsed() / runs);
    }
    best
}
