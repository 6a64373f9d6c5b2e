//! The collection: named vectors `dense` (cosine) and `words` (sparse, the server's own inverse document frequency),
//! and an index for each payload field that a filter may name.
//!
//! An alias beside its name says that it has everything. Queries go by the alias alone, so that no process searches a
//! collection that another is still filling; it goes when the collection goes.
//!
//! There is no graph over all workspaces, only one for each (`m` 0, `payload_m` 16): every query names its workspace,
//! and so says Qdrant's guide to multitenancy, "Calibrate performance".

use qdrant_client::Qdrant;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    CollectionInfo, CreateAliasBuilder, CreateCollection, CreateCollectionBuilder, CreateFieldIndexCollectionBuilder,
    Distance, FieldType, HnswConfigDiffBuilder, KeywordIndexParamsBuilder, Memory, Modifier,
    PayloadStorageParamsBuilder, QuantizationType, ScalarQuantizationBuilder, SparseVectorParamsBuilder,
    SparseVectorsConfigBuilder, VectorParamsBuilder, VectorsConfigBuilder,
};

use super::answer;
use super::convert::{DENSE, WORDS, field};
use crate::gateways::vectors::Error;

/// Edges of a node in a workspace's graph: the server's default.
const GRAPH_EDGES: u64 = 16;

/// Share of a vector's numbers that the int8 range must hold; the few beyond are clipped. The server's own advice.
const QUANTILE: f32 = 0.99;

/// Payload fields with an index, other than the tenant.
const INDEXED: [(&str, FieldType); 9] = [
    (field::CANDIDATE, FieldType::Keyword),
    (field::RESUME, FieldType::Keyword),
    (field::SKILLS, FieldType::Keyword),
    (field::TITLES, FieldType::Keyword),
    (field::LANGUAGES, FieldType::Keyword),
    (field::COUNTRY, FieldType::Keyword),
    (field::CITY, FieldType::Keyword),
    (field::POSITION, FieldType::Geo),
    (field::YEARS, FieldType::Float),
];

/// `<prefix>_<model>_<dimensions>`; what is neither a letter nor a digit becomes a hyphen, for the name is also a
/// directory on the server.
pub(super) fn name(prefix: &str, model: &str, dimensions: usize) -> String {
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
    };
    format!("{}_{}_{dimensions}", plain(prefix), plain(model))
}

/// The alias of a collection that has everything.
pub(super) fn whole(name: &str) -> String {
    format!("{name}_whole")
}

/// Whether the collection has everything.
pub(super) async fn is_whole(client: &Qdrant, name: &str) -> Result<bool, Error> {
    let aliases = answer(client.list_collection_aliases(name).await)?.aliases;
    Ok(aliases.iter().any(|alias| alias.alias_name == whole(name)))
}

/// Says whether the collection has everything.
pub(super) async fn set_whole(client: &Qdrant, name: &str, is: bool) -> Result<(), Error> {
    if is {
        let alias = CreateAliasBuilder::new(name, whole(name));
        answer(client.create_alias(alias).await)?;
    } else {
        answer(client.delete_alias(whole(name)).await)?;
    }
    Ok(())
}

/// Makes the collection and its payload indexes where they are missing, and checks that it is ours.
///
/// # Errors
/// [`Error::Refused`] when there is a collection of that name with other vectors.
pub(super) async fn ensure(client: &Qdrant, name: &str, dimensions: usize, frugal: bool) -> Result<(), Error> {
    if !answer(client.collection_exists(name).await)? {
        set_whole(client, name, false).await?;
        let made = client.create_collection(description(name, dimensions, frugal)).await;
        // Another process may have been quicker; what it made is checked below.
        if made.is_err() && !answer(client.collection_exists(name).await)? {
            answer(made)?;
        }
    }
    let info = answer(client.collection_info(name).await)?.result.unwrap_or_default();
    check(name, &info, dimensions)?;
    if !info.payload_schema.contains_key(field::WORKSPACE) {
        let tenant = KeywordIndexParamsBuilder::default().is_tenant(true);
        let request = CreateFieldIndexCollectionBuilder::new(name, field::WORKSPACE, FieldType::Keyword);
        answer(client.create_field_index(request.field_index_params(tenant).wait(true)).await)?;
    }
    for (field, kind) in INDEXED.iter().filter(|(field, _)| !info.payload_schema.contains_key(*field)) {
        let request = CreateFieldIndexCollectionBuilder::new(name, *field, *kind).wait(true);
        answer(client.create_field_index(request).await)?;
    }
    Ok(())
}

fn description(name: &str, dimensions: usize, frugal: bool) -> CreateCollection {
    let mut vector = VectorParamsBuilder::new(dimensions as u64, Distance::Cosine);
    let graph = HnswConfigDiffBuilder::default().m(0).payload_m(GRAPH_EDGES);
    let mut collection = CreateCollectionBuilder::new(name).hnsw_config(graph);
    if frugal {
        let int8 = ScalarQuantizationBuilder::default().r#type(QuantizationType::Int8.into()).quantile(QUANTILE);
        vector = vector.memory(Memory::Cold).quantization_config(int8.memory(Memory::Pinned));
        collection = collection.payload(PayloadStorageParamsBuilder::new().memory(Memory::Cold));
    }
    let mut dense = VectorsConfigBuilder::default();
    dense.add_named_vector_params(DENSE, vector);
    let mut words = SparseVectorsConfigBuilder::default();
    words.add_named_vector_params(WORDS, SparseVectorParamsBuilder::default().modifier(Modifier::Idf));
    collection.vectors_config(dense).sparse_vectors_config(words).build()
}

fn check(name: &str, info: &CollectionInfo, dimensions: usize) -> Result<(), Error> {
    let params = info.config.as_ref().and_then(|config| config.params.as_ref());
    let vectors = params.and_then(|params| params.vectors_config.as_ref()).and_then(|vectors| vectors.config.as_ref());
    let dense = match vectors {
        Some(Config::ParamsMap(map)) => map.map.get(DENSE),
        _ => None,
    };
    let words = params.and_then(|params| params.sparse_vectors_config.as_ref()).and_then(|map| map.map.get(WORDS));
    let fits = dense.is_some_and(|dense| dense.size == dimensions as u64 && dense.distance() == Distance::Cosine)
        && words.is_some_and(|words| words.modifier() == Modifier::Idf);
    if fits {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "the collection {name} on the Qdrant server is not one of ours: it needs a cosine vector `{DENSE}` of {dimensions} \
         numbers and a sparse vector `{WORDS}` with IDF; delete it or choose another collection prefix"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_becomes_a_name_that_can_be_a_directory() {
        assert_eq!(name("talentprompt", "BAAI/bge-small.en", 384), "talentprompt_baai-bge-small-en_384");
        assert_eq!(name("../x", "m", 8), "---x_m_8");
    }
}
