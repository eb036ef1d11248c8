//! Turns the written form of lines and collectors into the compiled one.

use std::collections::{BTreeMap, BTreeSet};

use partywall_expr::Language;
use partywall_model::{ControlId, Holder, Kind, Node};

use crate::collect::{
    AbsentOn, AbsentOnFile, CallTemplate, CollectorFile, Expression, KindCollector, KindFile, KindSource,
    ListCall, ListFile, Prepare, PrepareFile, Read, ReadFile, ReadTarget, Template, WordedFile,
};
use crate::control::{LineFile, LineRule, SourceFile, Sources, Switch, SwitchFile};
use crate::functions::{collector_language, line_language};
use crate::load::FileReader;
use crate::source::SourceRef;
use crate::yaml::Located;

/// Compiles the lines of an archetype or a service file.
pub(crate) fn lines(
    reader: &mut FileReader<'_>,
    place: &str,
    files: Vec<Located<LineFile>>,
    sources: &Sources,
    controls: &[ControlId],
) -> Vec<LineRule> {
    let language = line_language();
    let mut answered = BTreeSet::new();
    let mut compiled = Vec::new();
    for Located { line, value: file } in files {
        let named = named_controls(reader, line, &file, controls, &answered);
        if file.when.is_none() && file.kinds.is_empty() {
            answered.extend(named.iter().cloned());
        }
        let needs_source =
            matches!(file.holder, Holder::Provider | Holder::SharedIndependent | Holder::SharedDependent);
        let source = source(reader, line, file.source, sources, needs_source);
        let switch = file.switch.and_then(|switch| compile_switch(reader, switch, &language));
        if file.holder == Holder::SharedDependent && switch.is_none() {
            reader.problem(line, "a `shared-dependent` line needs a `switch`");
        }
        let when = match &file.when {
            None => None,
            Some(text) => match reader.program(text, &language) {
                Some(program) => Some(program),
                None => continue,
            },
        };
        compiled.push(LineRule {
            rule: format!("{place}:{line}").into(),
            controls: named,
            kinds: file.kinds.into_iter().map(|kind| kind.value).collect(),
            when,
            holder: file.holder,
            provider_does: file.provider_does,
            customer_does: file.customer_does,
            switch,
            source,
        });
    }
    compiled
}

/// The controls that a line names; `hosts.*` stands for those of the layer that no earlier line answers.
fn named_controls(
    reader: &mut FileReader<'_>,
    line: u32,
    file: &LineFile,
    controls: &[ControlId],
    answered: &BTreeSet<ControlId>,
) -> Vec<ControlId> {
    let mut named = Vec::new();
    for word in file.control.iter().chain(&file.controls) {
        match word.value.strip_suffix(".*") {
            Some(layer) => {
                let rest: Vec<ControlId> = controls
                    .iter()
                    .filter(|control| control.layer_word() == layer && !answered.contains(*control))
                    .cloned()
                    .collect();
                if rest.is_empty() {
                    let message = format!("`{}` answers nothing: earlier lines answer all of it", word.value);
                    reader.problem(word.line, message);
                }
                named.extend(rest);
            }
            None => match controls.iter().find(|control| **control == *word.value) {
                Some(control) => named.push(control.clone()),
                None => reader.problem(word.line, format!("there is no control `{}`", word.value)),
            },
        }
    }
    if file.control.is_none() && file.controls.is_empty() {
        reader.problem(line, "a line needs a `control`");
    }
    named
}

fn source(
    reader: &mut FileReader<'_>,
    line: u32,
    file: Option<Located<SourceFile>>,
    sources: &Sources,
    needed: bool,
) -> SourceRef {
    match file {
        None => {
            if needed {
                reader.problem(
                    line,
                    "who says so? a line with the provider in it needs a `source`, or `source: unverified`",
                );
            }
            SourceRef::Unverified
        }
        Some(Located { value: SourceFile::Name(name), .. }) if &*name == "unverified" => {
            SourceRef::Unverified
        }
        Some(Located { line, value: SourceFile::Name(name) }) => match sources.get(&*name) {
            Some(page) => SourceRef::Page { url: page.url.clone(), as_of: page.as_of.clone() },
            None => {
                reader.problem(line, format!("`sources` of this file has no `{name}`"));
                SourceRef::Unverified
            }
        },
        Some(Located { value: SourceFile::Page(page), .. }) => {
            SourceRef::Page { url: page.url, as_of: page.as_of }
        }
    }
}

fn compile_switch(
    reader: &mut FileReader<'_>,
    file: Located<SwitchFile>,
    language: &Language,
) -> Option<Switch> {
    let Located { line, value } = file;
    let on_when = match &value.on_when {
        None => None,
        Some(text) => Some(reader.program(text, language)?),
    };
    let values: Vec<Node> = value.value.into_iter().chain(value.values).collect();
    let has_test = on_when.is_some() || !values.is_empty();
    if value.property.is_empty() == has_test || (!has_test && value.note.is_empty()) {
        reader
            .problem(line, "a switch needs a `property` with a `value`, `values` or `on_when`, or a `note`");
    }
    Some(Switch { property: value.property, values, on_when, note: value.note })
}

/// Refuses a line that an earlier, unconditional line of the same kinds leaves nothing to answer.
pub(crate) fn every_line_can_answer(reader: &mut FileReader<'_>, lines: &[LineRule], kinds: &[Kind]) {
    let mut closed: BTreeSet<(&Kind, &ControlId)> = BTreeSet::new();
    for line in lines {
        let about: &[Kind] = if line.kinds.is_empty() { kinds } else { &line.kinds };
        let number = line.rule.rsplit(':').next().and_then(|text| text.parse().ok()).unwrap_or(1);
        for control in &line.controls {
            if !about.is_empty() && about.iter().all(|kind| closed.contains(&(kind, control))) {
                let message = format!(
                    "this line about `{control}` is never reached: an earlier one without `when` answers"
                );
                reader.problem(number, message);
            }
        }
        for kind in about.iter().filter(|kind| !kinds.contains(kind)) {
            reader.problem(number, format!("`{kind}` is not among the `kinds` of this file"));
        }
        if line.when.is_none() {
            closed.extend(
                about.iter().flat_map(|kind| line.controls.iter().map(move |control| (kind, control))),
            );
        }
    }
}

/// An archetype answers every control, and none of its lines is beyond reach.
pub(crate) fn every_control_is_answered(
    reader: &mut FileReader<'_>,
    line: u32,
    id: &str,
    lines: &[LineRule],
    controls: &[ControlId],
) {
    for control in controls {
        let answers = |rule: &&LineRule| rule.when.is_none() && rule.controls.contains(control);
        if !lines.iter().any(|rule| answers(&rule)) {
            reader.problem(line, format!("archetype `{id}` does not answer `{control}`"));
        }
    }
    let any_kind = [Kind::from(id)];
    every_line_can_answer(reader, lines, &any_kind);
}

/// Compiles the kinds of a collector file.
pub(crate) fn kinds(reader: &mut FileReader<'_>, file: CollectorFile) -> Vec<KindCollector> {
    let mut compiler = KindCompiler { language: collector_language(), reader };
    let names: BTreeSet<Kind> = file.kinds.keys().cloned().collect();
    let mut kinds: Vec<(u32, KindCollector)> = Vec::new();
    for (kind, Located { line, value }) in file.kinds {
        if let Some(parent) = value.parent.as_ref().filter(|parent| !names.contains(&parent.value)) {
            compiler
                .reader
                .problem(parent.line, format!("the parent `{}` is not in this file", parent.value));
        }
        if let Some(collector) = compiler.kind(kind, line, value, file.scope) {
            kinds.push((line, collector));
        }
    }
    kinds.sort_by_key(|(line, _)| *line);
    kinds.into_iter().map(|(_, kind)| kind).collect()
}

struct KindCompiler<'a, 'b> {
    language: Language,
    reader: &'a mut FileReader<'b>,
}

impl KindCompiler<'_, '_> {
    fn kind(
        &mut self,
        kind: Kind,
        line: u32,
        file: KindFile,
        scope: crate::collect::Scope,
    ) -> Option<KindCollector> {
        let source = match (file.list, file.parent, file.singleton) {
            (Some(list), None, false) => KindSource::List(self.list(list)?),
            (Some(list), Some(parent), false) => {
                KindSource::Nested { parent: parent.value, list: self.list(list)? }
            }
            (None, None, true) => KindSource::Singleton,
            _ => {
                self.reader.problem(
                    line,
                    format!(
                        "`{kind}` needs a `list` (with a `parent`, if it is nested) or `singleton: true`"
                    ),
                );
                return None;
            }
        };
        let mut properties = Vec::new();
        for (path, text) in file.properties {
            properties.push((path, self.expression(&text)?));
        }
        let mut read = Vec::new();
        for Located { line, value } in file.read {
            read.push(self.read(line, value)?);
        }
        Some(KindCollector {
            kind,
            scope: file.scope.unwrap_or(scope),
            source,
            when: self.optional(file.when.as_ref())?,
            id: self.expression(&file.id)?,
            name: self.optional(file.name.as_ref())?,
            identifier: self.optional(file.identifier.as_ref())?,
            account: self.optional(file.account.as_ref())?,
            region: self.optional(file.region.as_ref())?,
            tags: self.optional(file.tags.as_ref())?,
            properties,
            read,
            relations: file.relations,
            secrets: file.secrets,
        })
    }

    fn expression(&mut self, text: &Located<String>) -> Option<Expression> {
        self.reader.program(text, &self.language).map(Expression)
    }

    /// The outer option is none where there was a mistake.
    fn optional(&mut self, text: Option<&Located<String>>) -> Option<Option<Expression>> {
        match text {
            None => Some(None),
            Some(text) => self.expression(text).map(Some),
        }
    }

    fn list(&mut self, file: ListFile) -> Option<ListCall> {
        Some(ListCall {
            call: self.call(file.op, file.service, file.with, file.region)?,
            each: self.optional(file.each.as_ref())?,
            items: self.expression(&file.items)?,
            absent_on: self.absent_on(file.absent_on)?,
            prepare: self.prepare(file.prepare)?,
        })
    }

    fn absent_on(&mut self, file: Vec<Located<AbsentOnFile>>) -> Option<Vec<AbsentOn>> {
        let mut errors: Vec<AbsentOn> = Vec::new();
        for Located { line, value } in file {
            let error = match value {
                AbsentOnFile::Code(code) => AbsentOn { code, message: None },
                AbsentOnFile::Worded(WordedFile { code, message }) => {
                    AbsentOn { code, message: Some(message) }
                }
            };
            if error.code.trim().is_empty()
                || error.message.as_deref().is_some_and(|part| part.trim().is_empty())
            {
                self.reader
                    .problem(line, "`absent_on` names an error without a code, or with an empty `message`");
                return None;
            }
            if errors
                .iter()
                .any(|known| known.matches(&error.code, error.message.as_deref().unwrap_or_default()))
            {
                self.reader.problem(line, format!("`absent_on` names `{}` twice", error.code));
                return None;
            }
            errors.push(error);
        }
        Some(errors)
    }

    fn prepare(&mut self, file: Option<PrepareFile>) -> Option<Option<Prepare>> {
        let Some(file) = file else { return Some(None) };
        let call = self.call(file.op, file.service, file.with, None)?;
        Some(Some(Prepare { call, until: self.expression(&file.until)? }))
    }

    fn call(
        &mut self,
        operation: Located<Box<str>>,
        service: Option<Box<str>>,
        with: Option<Node>,
        region: Option<Located<String>>,
    ) -> Option<CallTemplate> {
        let with = self.template(operation.line, with.unwrap_or_else(Node::map))?;
        let region = self.optional(region.as_ref())?;
        Some(CallTemplate { service, operation: operation.value, with, region })
    }

    fn template(&mut self, line: u32, node: Node) -> Option<Template> {
        Some(match node {
            Node::Text(text) if text.starts_with('=') => {
                let value = text.trim_start_matches('=').to_owned();
                Template::Expression(self.expression(&Located { line, value })?)
            }
            Node::Map(map) => {
                let mut entries = Vec::new();
                for (key, value) in &map {
                    entries.push((key.into(), self.template(line, value.clone())?));
                }
                Template::Map(entries)
            }
            Node::List(items) => {
                let items: Option<Vec<Template>> =
                    items.into_iter().map(|item| self.template(line, item)).collect();
                Template::List(items?)
            }
            Node::Unknown(_) => {
                self.reader.problem(line, "a parameter cannot be `!unknown`");
                return None;
            }
            literal => match serde_json::to_string(&literal) {
                Ok(text) => Template::Literal(text.into()),
                Err(error) => {
                    self.reader.problem(line, error.to_string());
                    return None;
                }
            },
        })
    }

    fn read(&mut self, line: u32, file: ReadFile) -> Option<Read> {
        let mut written: BTreeMap<Box<str>, Located<String>> = file.fills;
        match (file.into, file.from) {
            (Some(into), from) => {
                let from = from.unwrap_or(Located { line, value: "reply".to_owned() });
                written.insert(into, from);
            }
            (None, Some(from)) => self.reader.problem(from.line, "`from` needs `into`"),
            (None, None) => {}
        }
        if written.is_empty() && file.label.is_none() {
            self.reader.problem(line, "this read fills nothing: say `into`, `fills`, or name it by `as`");
        }
        let default = self.optional(file.default.as_ref())?;
        let mut targets = Vec::new();
        for (into, from) in written {
            targets.push(ReadTarget { into, from: self.expression(&from)?, default: default.clone() });
        }
        Some(Read {
            label: file.label,
            call: self.call(file.op, file.service, file.with, file.region)?,
            prepare: self.prepare(file.prepare)?,
            pages: self.optional(file.pages.as_ref())?,
            when: self.optional(file.when.as_ref())?,
            each: self.optional(file.each.as_ref())?,
            answer: self.optional(file.answer.as_ref())?,
            needs: file.needs,
            absent_on: self.absent_on(file.absent_on)?,
            targets,
        })
    }
}
