//! [`Machine`]: evaluates one root folder, lazily and with every result kept.
//!
//! A *frame* is one instance of a module. A variable, local, output, resource or module call of a frame is
//! evaluated when it is first asked for; asking for it again while it is being evaluated is a cycle. All
//! work is counted, so that no input can make it run or grow without end.

mod blocks;
mod calls;
mod comprehension;
mod expressions;
mod provider;
mod references;
mod resources;
mod steps;
mod templates;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::config::{Given, Module, Program, Vendored, given};
use super::syntax::{SourceFile, Span};
use super::value::{Object, Outcome, Reason, Value, reason};
use super::{Configuration, Input, ProviderUse, Types};
use crate::tree::Tree;
use crate::trouble::Trouble;
use calls::Calls;
use resources::Expansion;

/// Expressions within expressions and references within references.
const DEPTH_LIMIT: u32 = 1_500;
/// Expressions evaluated for one root.
const STEP_LIMIT: u64 = 10_000_000;
/// Instances of one block with `count` or `for_each`.
pub(super) const COUNT_LIMIT: usize = 1_000;
/// Instances of resources and modules of one root.
const INSTANCE_LIMIT: usize = 50_000;
/// Values in the arguments of one resource.
const NODE_LIMIT: usize = 200_000;
/// Elements of a list or map that an expression makes.
pub(super) const ITEM_LIMIT: usize = 100_000;
/// Bytes of a text that an expression makes.
pub(super) const TEXT_LIMIT: usize = 4 << 20;

/// The evaluator of one root folder.
pub(crate) struct Machine<'a> {
    program: &'a Program,
    tree: &'a Tree,
    types: &'a dyn Types,
    root: &'a Arc<str>,
    vendored: Option<&'a Vendored>,
    frames: RefCell<Vec<Rc<Frame<'a>>>>,
    providers: RefCell<HashMap<ProviderKey, Rc<ProviderUse>>>,
    troubles: RefCell<BTreeSet<Trouble>>,
    /// The names of what is being evaluated, outermost first.
    trail: RefCell<Vec<Arc<str>>>,
    steps: Cell<u64>,
    out_of_steps: Cell<bool>,
    depth: Cell<u32>,
    /// How many `try` and `can` we are in.
    trying: Cell<u32>,
    instances: Cell<usize>,
}

/// A frame, and the name and alias of a provider there.
type ProviderKey = (usize, Arc<str>, Option<Arc<str>>);

/// One instance of a module.
pub(crate) struct Frame<'a> {
    module: &'a Module,
    /// `module.a["x"]`; empty for the root.
    address: Arc<str>,
    /// The names of the calls that lead here, with dots; empty for the root.
    call_path: String,
    origin: Origin,
    values: RefCell<HashMap<Slot, Progress<Value>>>,
    resources: RefCell<HashMap<usize, Progress<Rc<Expansion>>>>,
    calls: RefCell<HashMap<usize, Progress<Rc<Calls>>>>,
}

/// Where the variables of a frame come from.
enum Origin {
    Root(Given),
    Call { caller: usize, call: usize, each: Each },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    Variable(usize),
    Local(usize),
    Output(usize),
}

/// How far the evaluation of something has come.
enum Progress<T> {
    Running,
    Done(Result<T, Reason>),
}

/// What `each` and `count` mean in a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Each {
    key: Option<Value>,
    value: Option<Value>,
    index: Option<Value>,
}

/// What the names in an expression mean.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    frame: usize,
    file: &'s SourceFile,
    file_at: Option<usize>,
    each: &'s Each,
    names: Option<&'s Name<'s>>,
    /// The only names there are, in a template of its own.
    only: Option<&'s Object>,
}

/// A name that a `for` or a dynamic block brings in.
pub(crate) struct Name<'s> {
    name: &'s str,
    value: Value,
    outer: Option<&'s Name<'s>>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(
        program: &'a Program,
        tree: &'a Tree,
        types: &'a dyn Types,
        root: &'a Arc<str>,
    ) -> Self {
        Self {
            program,
            tree,
            types,
            root,
            vendored: program.vendored(root),
            frames: RefCell::default(),
            providers: RefCell::default(),
            troubles: RefCell::default(),
            trail: RefCell::default(),
            steps: Cell::new(0),
            out_of_steps: Cell::new(false),
            depth: Cell::new(0),
            trying: Cell::new(0),
            instances: Cell::new(0),
        }
    }

    /// Evaluates everything in the root and the modules that it calls.
    pub(crate) fn run(&mut self, inputs: &[Input]) -> Configuration {
        let mut configuration = Configuration { folder: self.root.clone(), ..Configuration::default() };
        let Some(module) = self.program.modules.get(self.root) else { return configuration };
        let mut troubles = Vec::new();
        let given = given(self.tree, module, inputs, &mut troubles);
        self.troubles.borrow_mut().extend(troubles);
        let frame = self.add_frame(module, Arc::from(""), String::new(), Origin::Root(given));
        self.sweep(frame, &mut configuration.resources);
        configuration
    }

    /// What went wrong on the way.
    pub(crate) fn into_troubles(self) -> BTreeSet<Trouble> {
        self.troubles.into_inner()
    }

    fn add_frame(&self, module: &'a Module, address: Arc<str>, call_path: String, origin: Origin) -> usize {
        let mut frames = self.frames.borrow_mut();
        frames.push(Rc::new(Frame {
            module,
            address,
            call_path,
            origin,
            values: RefCell::default(),
            resources: RefCell::default(),
            calls: RefCell::default(),
        }));
        frames.len() - 1
    }

    fn frame(&self, at: usize) -> Result<Rc<Frame<'a>>, Reason> {
        let frames = self.frames.borrow();
        frames.get(at).cloned().ok_or_else(|| reason("a module", "the module is not at hand"))
    }

    fn trouble(&self, file: &SourceFile, span: Span, what: impl Into<Box<str>>, next: &str) {
        let trouble = Trouble::new(file.path.clone(), file.line(span.start), what, next);
        self.troubles.borrow_mut().insert(trouble);
    }

    /// Looks a result up, or makes it; a result that is asked for while it is being made is a cycle.
    fn once<K: Eq + std::hash::Hash + Copy, T: Clone>(
        &self,
        kept: &RefCell<HashMap<K, Progress<T>>>,
        key: K,
        name: &dyn Fn() -> String,
        place: (&SourceFile, Span),
        make: impl FnOnce() -> Result<T, Reason>,
    ) -> Result<T, Reason> {
        match kept.borrow().get(&key) {
            Some(Progress::Done(result)) => return result.clone(),
            Some(Progress::Running) => return Err(self.cycle(&name(), place)),
            None => {}
        }
        kept.borrow_mut().insert(key, Progress::Running);
        self.trail.borrow_mut().push(name().into());
        let result = make();
        self.trail.borrow_mut().pop();
        kept.borrow_mut().insert(key, Progress::Done(result.clone()));
        result
    }

    fn cycle(&self, name: &str, (file, span): (&SourceFile, Span)) -> Reason {
        let trail = self.trail.borrow();
        let from = trail.iter().rposition(|step| &**step == name).unwrap_or(0);
        let mut circle: Vec<&str> = trail.iter().skip(from).take(12).map(|step| &**step).collect();
        circle.push(name);
        let circle = format!("`{}`", circle.join("` → `"));
        self.trouble(file, span, format!("this refers to itself: {circle}"), "break the circle");
        reason(name, format!("it refers to itself: {circle}"))
    }

    /// Adds a link to the chain of reasons of an unknown.
    fn through(&self, outcome: Outcome, name: &str, file: &SourceFile, span: Span) -> Outcome {
        let link = |why: Reason| -> Reason {
            if why.message.len() > 600 {
                return why;
            }
            let mut longer = (*why).clone();
            longer.message =
                format!("`{name}` ({}:{}) → {}", file.path, file.line(span.start), why.message).into();
            Arc::new(longer)
        };
        match outcome {
            Ok(Value::Unknown(why)) => Ok(Value::Unknown(link(why))),
            Err(why) => Err(link(why)),
            known => known,
        }
    }

    /// Counts one more instance; none where there are too many already.
    fn count_instance(&self, file: &SourceFile, span: Span) -> Option<()> {
        let so_far = self.instances.get();
        if so_far >= INSTANCE_LIMIT {
            let what = format!(
                "the root holds more than {INSTANCE_LIMIT} instances; those from here on were not read"
            );
            self.trouble(file, span, what, "analyse the modules one by one");
            return None;
        }
        self.instances.set(so_far + 1);
        Some(())
    }
}

impl<'s> Scope<'s> {
    /// The scope of a block of a frame.
    fn of(frame: usize, module: &'s Module, file: usize, each: &'s Each) -> Option<Self> {
        let source = module.file(file)?;
        Some(Self { frame, file: source, file_at: Some(file), each, names: None, only: None })
    }

    /// `main.tf:12`.
    fn place(&self, span: Span) -> String {
        format!("{}:{}", self.file.path, self.file.line(span.start))
    }

    fn name(&self, name: &str) -> Option<&'s Value> {
        let mut link = self.names;
        while let Some(here) = link {
            if here.name == name {
                return Some(&here.value);
            }
            link = here.outer;
        }
        self.only.and_then(|only| only.entries.get(name))
    }
}
