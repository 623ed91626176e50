//! Objects inside of objects: a list of values is none, though serde would read one as an object's fields in their
//! order.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::{Map, Value};

/// Reads an object, or nothing.
pub(super) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Option::<Map<String, Value>>::deserialize(from)?.map(read).transpose()
}

/// Reads a list of objects, or nothing.
pub(super) fn objects<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let list = Option::<Vec<Map<String, Value>>>::deserialize(from)?;
    list.map(|list| list.into_iter().map(read).collect()).transpose()
}

fn read<T: DeserializeOwned, E: Error>(fields: Map<String, Value>) -> Result<T, E> {
    // What is wrong is told without what stands there.
    serde_json::from_value(Value::Object(fields)).map_err(|_| E::custom("an object is not of its kind"))
}
