//! Makes the calls that it is told to, one line of JSON each (`["kms", "ListKeys", {}]`), and says what came back. With
//! `xtask/botocore/compare.py` at the other end, every operation of the table is checked against botocore.
//!
//! `cargo run -p partywall-aws --example replay -- http://127.0.0.1:8000`

use std::error::Error;
use std::io::{BufRead, stdin};

use partywall_aws::{AccessKey, Client, CredentialSource, Limits, Options};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::connect(Options {
        region: Some("eu-west-1".to_owned()),
        credentials: CredentialSource::Key(AccessKey::new("AKIDEXAMPLE", "not-a-real-secret", None)),
        endpoint_url: std::env::args().nth(1),
        limits: Limits { attempts: 1, ..Limits::default() },
        ..Options::default()
    })
    .await?;
    for line in stdin().lock().lines() {
        let (service, name, params): (String, String, Value) = serde_json::from_str(&line?)?;
        let operation = client.operation(&service, &name).ok_or_else(|| format!("no {service}:{name}"))?;
        match client.call(operation, client.region(), params).await {
            Ok(reply) => println!("{}", json!({ "answer": reply.body })),
            Err(error) => println!("{}", json!({ "error": error.to_string() })),
        }
    }
    Ok(())
}
