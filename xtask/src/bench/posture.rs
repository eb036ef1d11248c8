//! `cargo xtask bench posture`: Prowler and Partywall over the same emulator, estate and services.
//!
//! Prowler is installed from the package registry into a folder under `target` (about 2 GB), or taken from the
//! environment of `PARTYWALL_PROWLER` (the program's path). It is never part of the tests. What each of the two
//! finds alone is argued in `docs/measurements/posture.md`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Figure, Profile, credentials, finished, program, report};
use crate::emulator::Emulator;
use crate::failure::{Failure, Outcome};
use crate::measure::{self, Cost, exact};
use crate::repository::Repository;
use crate::setup::{self, Tools};

/// The release that the mapping of its checks was made for.
const PROWLER: &str = "prowler==5.46.0";
/// The services that both read.
const SERVICES: &str = "accessanalyzer account acm apigateway apigatewayv2 athena autoscaling awslambda backup cloudfront \
    cloudtrail cloudwatch codebuild cognito config dynamodb ec2 ecr ecs efs eks elasticache elb elbv2 glue guardduty iam \
    kinesis kms macie opensearch organizations rds redshift route53 s3 sagemaker secretsmanager securityhub ses sns sqs \
    ssm vpc wafv2";
/// The account and the region of `wide.py`.
const ROLE: &str = "arn:aws:iam::777788889999:role/OrganisationAudit";
const REGION: &str = "eu-west-1";
/// Partywall is to take at least so many times less.
const LESS_CPU: f64 = 20.0;
const LESS_MEMORY: f64 = 8.0;
/// Prints the keys of a role, a line each.
const ASSUME: &str = "import boto3, sys\n\
    keys = boto3.client('sts').assume_role(RoleArn=sys.argv[1], RoleSessionName='bench')['Credentials']\n\
    print(keys['AccessKeyId'], keys['SecretAccessKey'], keys['SessionToken'], sep='\\n')";

pub(crate) fn run(repository: &Repository) -> Outcome {
    let scratch = repository.path("target/bench-posture");
    fs::create_dir_all(&scratch).map_err(|error| Failure::file("make", &scratch, &error))?;
    let prowler = prowler(&scratch)?;
    let binary = program(repository, Profile::Release)?;
    let tools = Tools::ready(repository)?;
    let emulator = Emulator::start(repository, &tools, &scratch.join("emulator.log"))?;
    emulator.build(repository, "wide.py")?;
    let theirs = theirs(&prowler, &emulator, &scratch)?;
    let ours = ours(&binary, &emulator, &scratch)?;
    let figure = |what, measured, unit| Figure { what, measured, limit: None, unit };
    report(&[
        figure("prowler", theirs.cpu_seconds, "CPU s"),
        figure("prowler, peak", exact(theirs.peak_kilobytes) / 1_000.0, "MB"),
        figure("partywall", ours.cpu_seconds, "CPU s"),
        figure("partywall, peak", exact(ours.peak_kilobytes) / 1_000.0, "MB"),
    ])?;
    let cpu = theirs.cpu_seconds / ours.cpu_seconds;
    let memory = exact(theirs.peak_kilobytes) / exact(ours.peak_kilobytes);
    println!(
        "{cpu:.1} times less CPU (target {LESS_CPU}), {memory:.1} times less memory (target {LESS_MEMORY})"
    );
    match cpu >= LESS_CPU && memory >= LESS_MEMORY {
        true => Ok(()),
        false => Err(Failure::new("the target is missed")),
    }
}

/// Prowler, installed where it is not there.
fn prowler(scratch: &Path) -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("PARTYWALL_PROWLER") {
        return Ok(PathBuf::from(named));
    }
    let environment = scratch.join("venv");
    let program = environment.join("bin/prowler");
    if !program.exists() {
        setup::must(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let mut install = Command::new(environment.join("bin/pip"));
        setup::must(install.args(["install", "--quiet", PROWLER]))?;
    }
    Ok(program)
}

fn theirs(prowler: &Path, emulator: &Emulator, scratch: &Path) -> Outcome<Cost> {
    let mut assume = Command::new(prowler.with_file_name("python"));
    // boto3 does not look at AWS_REGION.
    assume.args(["-c", ASSUME, ROLE]).env("AWS_DEFAULT_REGION", REGION);
    let said = setup::output(credentials(&mut assume, emulator))?;
    let keys: Vec<&str> = said.lines().collect();
    let [id, secret, token] = keys.as_slice() else {
        return Err(Failure::new("the emulator gave no keys for the role of the account"));
    };
    let mut command = Command::new(prowler);
    command.args([
        "aws",
        "-f",
        REGION,
        "-M",
        "csv",
        "json-ocsf",
        "-F",
        "wide",
        "--no-banner",
        "--no-color",
        "-o",
    ]);
    command.arg(scratch.join("prowler")).arg("--services").args(SERVICES.split_whitespace());
    command.stdin(Stdio::null()).stdout(Stdio::null()).env("HOME", scratch);
    credentials(&mut command, emulator).env("AWS_DEFAULT_REGION", REGION);
    command.env("AWS_ACCESS_KEY_ID", id).env("AWS_SECRET_ACCESS_KEY", secret).env("AWS_SESSION_TOKEN", token);
    finished(measure::run(&mut command)?)
}

fn ours(binary: &Path, emulator: &Emulator, scratch: &Path) -> Outcome<Cost> {
    let mut command = Command::new(binary);
    command.args([
        "assess",
        "aws",
        "--regions",
        REGION,
        "--role-arn",
        ROLE,
        "--no-store",
        "--quiet",
        "--no-html",
    ]);
    command.args(["--format", "json", "--output"]).arg(scratch.join("report.json")).stdin(Stdio::null());
    finished(measure::run(credentials(&mut command, emulator))?)
}
