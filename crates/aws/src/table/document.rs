//! The stored form of the table: postcard in zstd frames, with the texts of a service in one list that the rest refers
//! to by number. `xtask/botocore/generate.py` writes it; the order of the fields here is the order of its bytes.

use serde::Deserialize;

use super::model::{Member, OperationModel, Paginator, Protocol, Service, Shape, Structure, TimeFormat};
use super::places::{HostTemplate, Hosts, Partition, Places};

/// No part of the table is near this when unpacked.
const LARGEST_PART: usize = 16 << 20;

pub(super) fn partitions(frame: &[u8]) -> Option<(String, Vec<Partition>)> {
    postcard::from_bytes(&unpack(frame)?).ok()
}

pub(super) fn service(name: &'static str, frame: &[u8]) -> Option<Service> {
    // A service is decoded once and kept for the life of the process, so its texts may be borrowed from bytes that
    // are never freed.
    let bytes: &'static [u8] = Box::leak(unpack(frame)?.into_boxed_slice());
    let stored: StoredService = postcard::from_bytes(bytes).ok()?;
    let texts = Texts(stored.texts);
    Some(Service {
        name,
        id: texts.at(stored.id)?,
        signing_name: texts.at(stored.signing_name)?,
        protocol: stored.protocol,
        api_version: texts.at(stored.api_version)?,
        target_prefix: texts.maybe(stored.target_prefix)?,
        json_version: texts.maybe(stored.json_version)?,
        operations: texts.each(stored.operations, operation)?,
        shapes: texts.each(stored.shapes, shape)?,
        places: texts.each(stored.places, places)?,
    })
}

fn unpack(frame: &[u8]) -> Option<Vec<u8>> {
    let size = zstd::zstd_safe::get_frame_content_size(frame).ok()??;
    let size = usize::try_from(size).ok().filter(|s| *s <= LARGEST_PART)?;
    zstd::bulk::decompress(frame, size).ok()
}

type TextId = u32;

struct Texts(Vec<&'static str>);

impl Texts {
    fn at(&self, id: TextId) -> Option<&'static str> {
        self.0.get(usize::try_from(id).ok()?).copied()
    }

    /// The outer `None` is a reference to a text that is not there.
    fn maybe(&self, id: Option<TextId>) -> Option<Option<&'static str>> {
        id.map_or(Some(None), |id| self.at(id).map(Some))
    }

    fn all(&self, ids: Vec<TextId>) -> Option<Vec<&'static str>> {
        ids.into_iter().map(|id| self.at(id)).collect()
    }

    fn each<S, T>(&self, stored: Vec<S>, read: fn(&Self, S) -> Option<T>) -> Option<Vec<T>> {
        stored.into_iter().map(|s| read(self, s)).collect()
    }
}

#[derive(Deserialize)]
struct StoredService<'a> {
    #[serde(borrow)]
    texts: Vec<&'a str>,
    id: TextId,
    signing_name: TextId,
    protocol: Protocol,
    api_version: TextId,
    target_prefix: Option<TextId>,
    json_version: Option<TextId>,
    operations: Vec<StoredOperation>,
    shapes: Vec<StoredShape>,
    places: Vec<StoredPlaces>,
}

#[derive(Deserialize)]
struct StoredOperation {
    name: TextId,
    method: TextId,
    uri: TextId,
    input: Option<u32>,
    output: Option<u32>,
    result_wrapper: Option<TextId>,
    input_root: Option<TextId>,
    input_namespace: Option<TextId>,
    host_prefix: Option<TextId>,
    paginator: Option<StoredPaginator>,
}

fn operation(texts: &Texts, o: StoredOperation) -> Option<OperationModel> {
    let paginator = match o.paginator {
        None => None,
        Some(p) => Some(Paginator {
            inputs: texts.all(p.inputs)?,
            outputs: texts.all(p.outputs)?,
            more_results: texts.maybe(p.more_results)?,
            limit_key: texts.maybe(p.limit_key)?,
            result_keys: texts.all(p.result_keys)?,
        }),
    };
    Some(OperationModel {
        name: texts.at(o.name)?,
        method: texts.at(o.method)?,
        uri: texts.at(o.uri)?,
        input: o.input,
        output: o.output,
        result_wrapper: texts.maybe(o.result_wrapper)?,
        input_root: texts.maybe(o.input_root)?,
        input_namespace: texts.maybe(o.input_namespace)?,
        host_prefix: texts.maybe(o.host_prefix)?,
        paginator,
    })
}

#[derive(Deserialize)]
struct StoredPaginator {
    inputs: Vec<TextId>,
    outputs: Vec<TextId>,
    more_results: Option<TextId>,
    limit_key: Option<TextId>,
    result_keys: Vec<TextId>,
}

#[derive(Deserialize)]
enum StoredShape {
    Structure { members: Vec<StoredMember>, payload: Option<TextId> },
    List { member: u32, wire: Option<TextId>, flattened: bool },
    Map { value: u32, key_wire: Option<TextId>, value_wire: Option<TextId>, flattened: bool },
    String,
    Integer,
    Float,
    Boolean,
    Timestamp(TimeFormat),
    Blob,
    Document,
}

fn shape(texts: &Texts, s: StoredShape) -> Option<Shape> {
    Some(match s {
        StoredShape::Structure { members, payload } => Shape::Structure(Structure {
            members: texts.each(members, member)?,
            payload: texts.maybe(payload)?,
        }),
        StoredShape::List { member, wire, flattened } => {
            Shape::List { member, wire: texts.maybe(wire)?, flattened }
        }
        StoredShape::Map { value, key_wire, value_wire, flattened } => Shape::Map {
            value,
            key_wire: texts.maybe(key_wire)?,
            value_wire: texts.maybe(value_wire)?,
            flattened,
        },
        StoredShape::String => Shape::String,
        StoredShape::Integer => Shape::Integer,
        StoredShape::Float => Shape::Float,
        StoredShape::Boolean => Shape::Boolean,
        StoredShape::Timestamp(format) => Shape::Timestamp(format),
        StoredShape::Blob => Shape::Blob,
        StoredShape::Document => Shape::Document,
    })
}

#[derive(Deserialize)]
struct StoredMember {
    name: TextId,
    shape: u32,
    flags: u8,
    wire: Option<TextId>,
    query: Option<TextId>,
}

fn member(texts: &Texts, m: StoredMember) -> Option<Member> {
    Some(Member::new(texts.at(m.name)?, m.shape, m.flags, texts.maybe(m.wire)?, texts.maybe(m.query)?))
}

#[derive(Deserialize)]
struct StoredPlaces {
    partition: TextId,
    is_global: bool,
    offered: Vec<TextId>,
    variants: Vec<Option<StoredHosts>>,
}

#[derive(Deserialize)]
struct StoredHosts {
    usual: StoredHost,
    others: Vec<(TextId, StoredHost)>,
}

#[derive(Deserialize)]
struct StoredHost {
    host: TextId,
    signing_region: TextId,
    signing_name: Option<TextId>,
}

fn places(texts: &Texts, p: StoredPlaces) -> Option<Places> {
    let variant = |v: Option<StoredHosts>| -> Option<Option<Hosts>> {
        let Some(v) = v else { return Some(None) };
        let others: Option<Vec<_>> =
            v.others.into_iter().map(|(r, h)| Some((texts.at(r)?, host(texts, h)?))).collect();
        Some(Some(Hosts { usual: host(texts, v.usual)?, others: others? }))
    };
    Some(Places {
        partition: texts.at(p.partition)?,
        is_global: p.is_global,
        offered: texts.all(p.offered)?,
        variants: p.variants.into_iter().map(variant).collect::<Option<_>>()?,
    })
}

fn host(texts: &Texts, h: StoredHost) -> Option<HostTemplate> {
    Some(HostTemplate {
        host: texts.at(h.host)?,
        signing_region: texts.at(h.signing_region)?,
        signing_name: texts.maybe(h.signing_name)?,
    })
}
