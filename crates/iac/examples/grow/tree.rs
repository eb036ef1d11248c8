//! The generator itself: what it writes, and how many resources that makes.

use std::fmt::Write as _;

/// A small generator of numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides.max(1) as u64).unwrap_or(0)
    }
}

/// Files with their names, about `lines` lines each.
pub(crate) fn grow(seed: u64, files: usize, lines: usize) -> Vec<(String, String)> {
    plan(seed, files, lines).0
}

/// How many resources the grown files make.
pub(crate) fn expected_resources(seed: u64, files: usize, lines: usize) -> usize {
    plan(seed, files, lines).1
}

/// Ten files make a stack: a root of six files, and a module of four that the root calls three times.
fn plan(seed: u64, files: usize, lines: usize) -> (Vec<(String, String)>, usize) {
    let mut dice = Dice(seed);
    let mut written = Vec::new();
    let mut resources = 0;
    for stack in 0..files.div_ceil(10) {
        let folder = format!("stack{stack:03}");
        let mut in_module = 0;
        for at in 0..4 {
            let mut file =
                Writer { text: String::new(), dice: &mut dice, resources: 0, mark: format!("m{at}") };
            if at == 0 {
                file.text.push_str(MODULE_HEAD);
            }
            file.fill(lines);
            in_module += file.resources;
            written.push((format!("{folder}/modules/service/part{at}.tf"), file.text));
        }
        for at in 0..6 {
            let mut file =
                Writer { text: String::new(), dice: &mut dice, resources: 0, mark: format!("r{at}") };
            if at == 0 {
                file.text.push_str(ROOT_HEAD);
            }
            file.fill(lines);
            resources += file.resources;
            written.push((format!("{folder}/part{at}.tf"), file.text));
        }
        resources += in_module * 3;
    }
    (written, resources)
}

const MODULE_HEAD: &str = r#"variable "name" {
  type = string
}

variable "settings" {
  type    = map(string)
  default = { size = "small", zone = "a" }
}

output "names" {
  value = [for key, value in var.settings : "${var.name}-${key}-${value}"]
}

"#;

const ROOT_HEAD: &str = r#"variable "name" {
  type    = string
  default = "stack"
}

variable "settings" {
  type    = map(string)
  default = { size = "large", zone = "b", tier = "web" }
}

provider "aws" {
  region = "eu-central-1"
  default_tags {
    tags = { stack = var.name }
  }
}

module "one" {
  source = "./modules/service"
  name   = "${var.name}-one"
}

module "many" {
  source   = "./modules/service"
  for_each = toset(["left", "right"])
  name     = join("-", concat(module.one.names, [each.key]))
  settings = merge(var.settings, { side = each.key })
}

"#;

struct Writer<'d> {
    text: String,
    dice: &'d mut Dice,
    resources: usize,
    mark: String,
}

impl Writer<'_> {
    fn fill(&mut self, lines: usize) {
        let mut at = 0;
        while self.text.lines().count() + 20 < lines {
            match self.dice.roll(4) {
                0 => self.bucket(at),
                1 => self.group(at),
                2 => self.policy(at),
                _ => self.queues(at),
            }
            at += 1;
        }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        let _infallible = self.text.write_fmt(text);
    }

    fn bucket(&mut self, at: usize) {
        let (mark, acl) = (self.mark.clone(), if self.dice.roll(2) == 0 { "private" } else { "public-read" });
        self.put(format_args!(
            r#"resource "aws_s3_bucket" "b_{mark}_{at}" {{
  bucket = lower("${{var.name}}-{mark}-{at}")
  acl    = "{acl}"
  tags   = merge(var.settings, {{ Name = "${{var.name}}-{at}", Owner = upper("team") }})

  versioning {{
    enabled = length(var.settings) > 2 ? true : false
  }}
}}

"#
        ));
        self.resources += 1;
    }

    fn group(&mut self, at: usize) {
        let (mark, ports) = (self.mark.clone(), 1 + self.dice.roll(6));
        self.put(format_args!(
            r#"locals {{
  ports_{mark}_{at} = {{ for n in range({ports}) : "p${{n}}" => {{ port = 8000 + n, open = n % 2 == 0 }} }}
}}

resource "aws_security_group" "g_{mark}_{at}" {{
  name = "${{var.name}}-{mark}-{at}"

  dynamic "ingress" {{
    for_each = local.ports_{mark}_{at}
    content {{
      description = "port ${{ingress.key}}"
      from_port   = ingress.value.port
      to_port     = ingress.value.port
      protocol    = "tcp"
      cidr_blocks = ingress.value.open ? ["0.0.0.0/0"] : [cidrsubnet("10.0.0.0/16", 8, ingress.value.port % 200)]
    }}
  }}
}}

"#
        ));
        self.resources += 1;
    }

    fn policy(&mut self, at: usize) {
        let mark = self.mark.clone();
        self.put(format_args!(
            r#"data "aws_iam_policy_document" "d_{mark}_{at}" {{
  statement {{
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = [for name in ["a", "b"] : "arn:aws:s3:::${{var.name}}-${{name}}/*"]
    condition {{
      test     = "StringEquals"
      variable = "aws:PrincipalTag/zone"
      values   = [lookup(var.settings, "zone", "none")]
    }}
  }}
}}

resource "aws_iam_policy" "p_{mark}_{at}" {{
  name   = format("%s-%03d", var.name, {at})
  policy = data.aws_iam_policy_document.d_{mark}_{at}.json
}}

"#
        ));
        self.resources += 2;
    }

    fn queues(&mut self, at: usize) {
        let (mark, count) = (self.mark.clone(), 1 + self.dice.roll(4));
        self.put(format_args!(
            r#"resource "aws_sqs_queue" "q_{mark}_{at}" {{
  count                     = {count}
  name                      = "${{var.name}}-{mark}-{at}-${{count.index}}"
  message_retention_seconds = 60 * (count.index + 1)
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = "*", Action = "sqs:*", Resource = "*" }}]
  }})
}}

"#
        ));
        self.resources += count;
    }
}
