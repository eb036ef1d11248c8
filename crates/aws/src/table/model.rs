//! A service as the client reads it: operations, shapes, names on the wire.

use serde::Deserialize;

use super::places::Places;

/// The position of a shape in [`Service::shapes`].
pub(crate) type ShapeId = u32;

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum Protocol {
    Query,
    Ec2,
    Json,
    RestJson,
    RestXml,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// The service's id, from which `AWS_ENDPOINT_URL_<ID>` is made.
    pub(crate) id: &'static str,
    pub(crate) signing_name: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) api_version: &'static str,
    pub(crate) target_prefix: Option<&'static str>,
    pub(crate) json_version: Option<&'static str>,
    /// Sorted by name.
    pub(crate) operations: Vec<OperationModel>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) places: Vec<Places>,
}

impl Service {
    pub(crate) fn shape(&self, id: ShapeId) -> Option<&Shape> {
        self.shapes.get(usize::try_from(id).ok()?)
    }

    pub(crate) fn structure(&self, id: ShapeId) -> Option<&Structure> {
        match self.shape(id)? {
            Shape::Structure(s) => Some(s),
            _ => None,
        }
    }

    /// The structure at `id`, or the one that a list or map at `id` holds.
    pub(crate) fn structure_within(&self, mut id: ShapeId) -> Option<&Structure> {
        // A list of lists of lists is the deepest nesting that the models have.
        for _ in 0..8 {
            match self.shape(id)? {
                Shape::Structure(s) => return Some(s),
                Shape::List { member, .. } => id = *member,
                Shape::Map { value, .. } => id = *value,
                _ => return None,
            }
        }
        None
    }
}

#[derive(Debug)]
pub(crate) struct OperationModel {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) input: Option<ShapeId>,
    pub(crate) output: Option<ShapeId>,
    /// The element around the members of an answer in the query protocol.
    pub(crate) result_wrapper: Option<&'static str>,
    /// The root element of a request body in XML.
    pub(crate) input_root: Option<&'static str>,
    pub(crate) input_namespace: Option<&'static str>,
    /// What goes before the host, `{AccountId}.`.
    pub(crate) host_prefix: Option<&'static str>,
    pub(crate) paginator: Option<Paginator>,
}

#[derive(Debug)]
pub(crate) struct Paginator {
    pub(crate) inputs: Vec<&'static str>,
    /// As many as `inputs`: paths into the answer, `Contents[-1].Key`, alternatives divided by `||`.
    pub(crate) outputs: Vec<&'static str>,
    pub(crate) more_results: Option<&'static str>,
    pub(crate) limit_key: Option<&'static str>,
    pub(crate) result_keys: Vec<&'static str>,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Structure(Structure),
    List {
        member: ShapeId,
        wire: Option<&'static str>,
        flattened: bool,
    },
    Map {
        value: ShapeId,
        key_wire: Option<&'static str>,
        value_wire: Option<&'static str>,
        flattened: bool,
    },
    String,
    Integer,
    Float,
    Boolean,
    Timestamp(TimeFormat),
    Blob,
    /// JSON of any form.
    Document,
}

#[derive(Debug)]
pub(crate) struct Structure {
    pub(crate) members: Vec<Member>,
    /// The member that is the whole body.
    pub(crate) payload: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) shape: ShapeId,
    pub(crate) location: Location,
    pub(crate) required: bool,
    pub(crate) attribute: bool,
    wire: Option<&'static str>,
    query: Option<&'static str>,
}

impl Member {
    pub(super) fn new(
        name: &'static str,
        shape: ShapeId,
        flags: u8,
        wire: Option<&'static str>,
        query: Option<&'static str>,
    ) -> Self {
        let location = match flags & 7 {
            1 => Location::Header,
            2 => Location::Headers,
            3 => Location::Uri,
            4 => Location::Query,
            5 => Location::Status,
            _ => Location::Body,
        };
        Self { name, shape, location, required: flags & 16 != 0, attribute: flags & 32 != 0, wire, query }
    }

    /// The member's name in a body, header or query.
    pub(crate) fn wire(&self) -> &'static str {
        self.wire.unwrap_or(self.name)
    }

    /// The name that the model gives beside the member's own, if any.
    pub(crate) fn given_wire(&self) -> Option<&'static str> {
        self.wire
    }

    /// The name that only the EC2 protocol's requests use.
    pub(crate) fn query(&self) -> Option<&'static str> {
        self.query
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Body,
    Header,
    /// A map spread over headers that share a prefix.
    Headers,
    Uri,
    Query,
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum TimeFormat {
    Iso8601,
    Unix,
    Rfc822,
}
