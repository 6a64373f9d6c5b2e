//! A server that speaks Qdrant's own protocol over the in-process engine, so that the client is exercised without a
//! Qdrant. It refuses what Qdrant refuses (unknown collections, vectors of another length, a wrong key), and also what
//! our client must not do though Qdrant would allow it: ask without a workspace or filter by a field without an index.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use qdrant_client::qdrant::alias_operations::Action;
use qdrant_client::qdrant::collections_server::{Collections, CollectionsServer};
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::points_server::{Points, PointsServer};
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{self as q, query, vector, vector_input, vectors_config};
use talentprompt::gateways::vectors::embedded::EmbeddedIndex;
use talentprompt::gateways::vectors::{Condition, Error, Filter, HybridQuery, Payload, Point, VectorIndex};
use talentprompt::model::ids::{CandidateId, PassageId, ResumeId, WorkspaceId};
use talentprompt::model::lexical::SparseVector;
use tokio::sync::Mutex;
use tonic::service::Interceptor;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use uuid::Uuid;

type Answer<T> = Result<Response<T>, Status>;

/// A running server; when this is dropped it stops, and its connections end with it.
pub struct QdrantServer {
    /// Where it listens.
    pub address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl QdrantServer {
    /// Starts on a free port of the loopback interface; `key` is the API key it asks for.
    pub async fn start(key: &str) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), key).await
    }

    /// Starts at an address.
    pub async fn start_at(address: SocketAddr, key: &str) -> Self {
        let listener = bind(address).await;
        let address = listener.local_addr().expect("a bound listener has an address");
        let service = Service::default();
        let guard = Guard(key.to_owned());
        let router = tonic::transport::Server::builder()
            .add_service(PointsServer::with_interceptor(service.clone(), guard.clone()))
            .add_service(CollectionsServer::with_interceptor(service, guard));
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = threads.expect("a thread can be had");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("the listener does not block");
            router.serve_with_incoming(TcpIncoming::from(listener)).await.expect("the server runs until it is stopped");
        });
        Self { address, runtime: Some(runtime) }
    }

    /// The URL for a client.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for QdrantServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The address may still be held for a moment by a server that was stopped.
async fn bind(address: SocketAddr) -> std::net::TcpListener {
    for _ in 0..100 {
        if let Ok(listener) = std::net::TcpListener::bind(address) {
            listener.set_nonblocking(true).expect("a new listener takes options");
            return listener;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{address} is not free");
}

#[derive(Clone)]
struct Guard(String);

impl Interceptor for Guard {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let given = request.metadata().get("api-key").map(|key| key.as_bytes().to_vec());
        if given.as_deref() == Some(self.0.as_bytes()) {
            return Ok(request);
        }
        Err(Status::unauthenticated("Must provide an API key or an Authorization bearer token"))
    }
}

/// Each passage is its own candidate in the engine, so that the client gets passages, as from Qdrant.
struct Collection {
    config: q::CreateCollection,
    dimensions: u64,
    aliases: BTreeSet<String>,
    indexes: HashMap<String, q::PayloadSchemaInfo>,
    engine: EmbeddedIndex,
    stored: HashMap<PassageId, HashMap<String, q::Value>>,
}

#[derive(Clone, Default)]
struct Service(Arc<Mutex<HashMap<String, Collection>>>);

macro_rules! not_served {
    ($($name:ident: $request:ident -> $response:ident),* $(,)?) => {$(
        fn $name<'a, 'b>(
            &'a self,
            _: Request<q::$request>,
        ) -> std::pin::Pin<Box<dyn Future<Output = Answer<q::$response>> + Send + 'b>>
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { Err(Status::unimplemented(stringify!($name))) })
        }
    )*};
}

#[tonic::async_trait]
impl Collections for Service {
    async fn create(&self, request: Request<q::CreateCollection>) -> Answer<q::CollectionOperationResponse> {
        let config = request.into_inner();
        let mut collections = self.0.lock().await;
        if collections.contains_key(&config.collection_name) {
            let name = config.collection_name;
            return Err(Status::already_exists(format!("Wrong input: Collection `{name}` already exists!")));
        }
        let vectors = config.vectors_config.as_ref().and_then(|vectors| vectors.config.as_ref());
        let dimensions = match vectors {
            Some(vectors_config::Config::ParamsMap(map)) => map.map.values().map(|params| params.size).next(),
            Some(vectors_config::Config::Params(params)) => Some(params.size),
            None => None,
        };
        let dimensions = dimensions.ok_or_else(|| Status::invalid_argument("no vectors"))?;
        let engine = EmbeddedIndex::new(usize::try_from(dimensions).expect("lengths are small"));
        let collection = Collection {
            config: config.clone(),
            dimensions,
            aliases: BTreeSet::new(),
            indexes: HashMap::new(),
            engine,
            stored: HashMap::new(),
        };
        collections.insert(config.collection_name, collection);
        Ok(Response::new(q::CollectionOperationResponse { result: true, time: 0.0 }))
    }

    async fn get(&self, request: Request<q::GetCollectionInfoRequest>) -> Answer<q::GetCollectionInfoResponse> {
        let mut collections = self.0.lock().await;
        let collection = find(&mut collections, &request.get_ref().collection_name)?;
        let params = q::CollectionParams {
            vectors_config: collection.config.vectors_config.clone(),
            sparse_vectors_config: collection.config.sparse_vectors_config.clone(),
            ..q::CollectionParams::default()
        };
        let info = q::CollectionInfo {
            config: Some(q::CollectionConfig { params: Some(params), ..q::CollectionConfig::default() }),
            payload_schema: collection.indexes.clone(),
            ..q::CollectionInfo::default()
        };
        Ok(Response::new(q::GetCollectionInfoResponse { result: Some(info), time: 0.0 }))
    }

    async fn collection_exists(
        &self,
        request: Request<q::CollectionExistsRequest>,
    ) -> Answer<q::CollectionExistsResponse> {
        let exists = self.0.lock().await.contains_key(&request.get_ref().collection_name);
        Ok(Response::new(q::CollectionExistsResponse { result: Some(q::CollectionExists { exists }), time: 0.0 }))
    }

    async fn delete(&self, request: Request<q::DeleteCollection>) -> Answer<q::CollectionOperationResponse> {
        let result = self.0.lock().await.remove(&request.get_ref().collection_name).is_some();
        Ok(Response::new(q::CollectionOperationResponse { result, time: 0.0 }))
    }

    async fn update_aliases(&self, request: Request<q::ChangeAliases>) -> Answer<q::CollectionOperationResponse> {
        let mut collections = self.0.lock().await;
        for action in request.into_inner().actions {
            match action.action {
                Some(Action::CreateAlias(new)) => {
                    find(&mut collections, &new.collection_name)?.aliases.insert(new.alias_name);
                }
                Some(Action::DeleteAlias(old)) => {
                    for collection in collections.values_mut() {
                        collection.aliases.remove(&old.alias_name);
                    }
                }
                _ => return Err(Status::invalid_argument("aliases are made and deleted only")),
            }
        }
        Ok(Response::new(q::CollectionOperationResponse { result: true, time: 0.0 }))
    }

    async fn list_collection_aliases(
        &self,
        request: Request<q::ListCollectionAliasesRequest>,
    ) -> Answer<q::ListAliasesResponse> {
        let collection_name = request.into_inner().collection_name;
        let mut collections = self.0.lock().await;
        let aliases = find(&mut collections, &collection_name)?.aliases.iter();
        let aliases = aliases.map(|alias_name| q::AliasDescription {
            alias_name: alias_name.clone(),
            collection_name: collection_name.clone(),
        });
        Ok(Response::new(q::ListAliasesResponse { aliases: aliases.collect(), time: 0.0 }))
    }

    not_served! {
        list: ListCollectionsRequest -> ListCollectionsResponse,
        update: UpdateCollection -> CollectionOperationResponse,
        list_aliases: ListAliasesRequest -> ListAliasesResponse,
        collection_cluster_info: CollectionClusterInfoRequest -> CollectionClusterInfoResponse,
        update_collection_cluster_setup: UpdateCollectionClusterSetupRequest -> UpdateCollectionClusterSetupResponse,
        create_shard_key: CreateShardKeyRequest -> CreateShardKeyResponse,
        delete_shard_key: DeleteShardKeyRequest -> DeleteShardKeyResponse,
        list_shard_keys: ListShardKeysRequest -> ListShardKeysResponse,
    }
}

#[tonic::async_trait]
impl Points for Service {
    async fn create_field_index(
        &self,
        request: Request<q::CreateFieldIndexCollection>,
    ) -> Answer<q::PointsOperationResponse> {
        let request = request.into_inner();
        let mut collections = self.0.lock().await;
        let collection = find(&mut collections, &request.collection_name)?;
        collection.indexes.insert(request.field_name, q::PayloadSchemaInfo::default());
        Ok(Response::new(q::PointsOperationResponse::default()))
    }

    async fn upsert(&self, request: Request<q::UpsertPoints>) -> Answer<q::PointsOperationResponse> {
        let request = request.into_inner();
        let mut collections = self.0.lock().await;
        let collection = find(&mut collections, &request.collection_name)?;
        if request.wait != Some(true) {
            return Err(Status::invalid_argument("a write that is not waited for may be lost unseen"));
        }
        let points =
            request.points.iter().map(|point| collection.point(point)).collect::<Result<Vec<Point>, Status>>()?;
        let payloads: Vec<_> = points.iter().map(|point| point.id).zip(request.points).collect();
        collection.engine.upsert(points).await.map_err(status)?;
        collection.stored.extend(payloads.into_iter().map(|(id, point)| (id, point.payload)));
        Ok(Response::new(q::PointsOperationResponse::default()))
    }

    async fn delete(&self, request: Request<q::DeletePoints>) -> Answer<q::PointsOperationResponse> {
        let request = request.into_inner();
        let mut collections = self.0.lock().await;
        let collection = find(&mut collections, &request.collection_name)?;
        let Some(PointsSelectorOneOf::Filter(filter)) = request.points.and_then(|points| points.points_selector_one_of)
        else {
            return Err(Status::invalid_argument("only deletes by filter are served"));
        };
        let (workspace, _) = collection.conditions(&filter.must)?;
        let wanted = keywords(&filter.must);
        let matches = |payload: &HashMap<String, q::Value>| {
            wanted.iter().all(|(key, any)| payload.get(key).and_then(q::Value::as_str).is_some_and(|s| any.contains(s)))
        };
        let doomed: Vec<PassageId> =
            collection.stored.iter().filter(|(_, payload)| matches(payload)).map(|(id, _)| *id).collect();
        for passage in doomed {
            collection.stored.remove(&passage);
            collection.engine.delete_candidate(workspace, CandidateId(passage.0)).await.map_err(status)?;
        }
        Ok(Response::new(q::PointsOperationResponse::default()))
    }

    async fn count(&self, request: Request<q::CountPoints>) -> Answer<q::CountResponse> {
        let request = request.into_inner();
        let mut collections = self.0.lock().await;
        let collection = find(&mut collections, &request.collection_name)?;
        let (workspace, _) = collection.conditions(&request.filter.unwrap_or_default().must)?;
        let count = collection.engine.count(workspace).await.map_err(status)?;
        Ok(Response::new(q::CountResponse { result: Some(q::CountResult { count }), ..q::CountResponse::default() }))
    }

    async fn query_batch(&self, request: Request<q::QueryBatchPoints>) -> Answer<q::QueryBatchResponse> {
        let request = request.into_inner();
        let mut collections = self.0.lock().await;
        let collection = find(&mut collections, &request.collection_name)?;
        let mut result = Vec::new();
        for query in request.query_points {
            result.push(q::BatchResult { result: collection.query(query).await? });
        }
        Ok(Response::new(q::QueryBatchResponse { result, ..q::QueryBatchResponse::default() }))
    }

    not_served! {
        get: GetPoints -> GetResponse,
        update_vectors: UpdatePointVectors -> PointsOperationResponse,
        delete_vectors: DeletePointVectors -> PointsOperationResponse,
        set_payload: SetPayloadPoints -> PointsOperationResponse,
        overwrite_payload: SetPayloadPoints -> PointsOperationResponse,
        delete_payload: DeletePayloadPoints -> PointsOperationResponse,
        clear_payload: ClearPayloadPoints -> PointsOperationResponse,
        delete_field_index: DeleteFieldIndexCollection -> PointsOperationResponse,
        create_vector_name: CreateVectorNameRequest -> PointsOperationResponse,
        delete_vector_name: DeleteVectorNameRequest -> PointsOperationResponse,
        search: SearchPoints -> SearchResponse,
        search_batch: SearchBatchPoints -> SearchBatchResponse,
        search_groups: SearchPointGroups -> SearchGroupsResponse,
        scroll: ScrollPoints -> ScrollResponse,
        recommend: RecommendPoints -> RecommendResponse,
        recommend_batch: RecommendBatchPoints -> RecommendBatchResponse,
        recommend_groups: RecommendPointGroups -> RecommendGroupsResponse,
        discover: DiscoverPoints -> DiscoverResponse,
        discover_batch: DiscoverBatchPoints -> DiscoverBatchResponse,
        update_batch: UpdateBatchPoints -> UpdateBatchResponse,
        query: QueryPoints -> QueryResponse,
        query_groups: QueryPointGroups -> QueryGroupsResponse,
        facet: FacetCounts -> FacetResponse,
        search_matrix_pairs: SearchMatrixPoints -> SearchMatrixPairsResponse,
        search_matrix_offsets: SearchMatrixPoints -> SearchMatrixOffsetsResponse,
    }
}

impl Collection {
    async fn query(&self, query: q::QueryPoints) -> Result<Vec<q::ScoredPoint>, Status> {
        let filter = query.filter.unwrap_or_default();
        let (workspace, must) = self.conditions(&filter.must)?;
        let must_not = filter.must_not.iter().map(|one| self.condition(one)).collect::<Result<Vec<_>, Status>>()?;
        let limit = usize::try_from(query.limit.unwrap_or(10)).expect("limits are small");
        let Some(query::Variant::Nearest(q::VectorInput { variant: Some(wanted) })) =
            query.query.and_then(|query| query.variant)
        else {
            return Err(Status::invalid_argument("only nearest neighbours of a vector are served"));
        };
        let (mut dense, mut sparse) = (None, None);
        match (wanted, query.using.as_deref()) {
            (vector_input::Variant::Dense(vector), Some("dense")) => dense = Some(self.fitting(vector.data)?),
            (vector_input::Variant::Sparse(vector), Some("words")) => {
                let corpus = query.params.and_then(|params| params.idf).and_then(|idf| idf.corpus).unwrap_or_default();
                if self.conditions(&corpus.must)?.0 != workspace {
                    return Err(Status::invalid_argument("rarity must be counted within the workspace"));
                }
                sparse = Some(SparseVector { indices: vector.indices, values: vector.values });
            }
            (_, name) => return Err(Status::invalid_argument(format!("Not existing vector name error: {name:?}"))),
        }
        let filter = Filter { workspace, must, must_not };
        let hits = self.engine.query(HybridQuery { filter, dense, sparse, limit }).await.map_err(status)?;
        let scored = |hit: &talentprompt::gateways::vectors::Hit| q::ScoredPoint {
            id: Some(hit.passage.to_string().into()),
            payload: self.stored[&hit.passage].clone(),
            score: hit.score,
            ..q::ScoredPoint::default()
        };
        Ok(hits.dense.iter().chain(&hits.sparse).map(scored).collect())
    }

    fn point(&self, point: &q::PointStruct) -> Result<Point, Status> {
        let Some(PointIdOptions::Uuid(id)) = point.id.as_ref().and_then(|id| id.point_id_options.clone()) else {
            return Err(Status::invalid_argument("the id is no UUID"));
        };
        let passage = parse(Some(&id))?;
        let (mut dense, mut sparse) = (None, SparseVector::default());
        let named = match point.vectors.as_ref().and_then(|vectors| vectors.vectors_options.clone()) {
            Some(VectorsOptions::Vectors(named)) => named.vectors,
            _ => return Err(Status::invalid_argument("the vectors have no names")),
        };
        for (name, vector) in named {
            match (name.as_str(), vector.vector) {
                ("dense", Some(vector::Vector::Dense(vector))) => dense = Some(self.fitting(vector.data)?),
                ("words", Some(vector::Vector::Sparse(vector))) => {
                    sparse = SparseVector { indices: vector.indices, values: vector.values };
                }
                _ => return Err(Status::invalid_argument(format!("Not existing vector name error: {name}"))),
            }
        }
        let text = |key: &str| point.payload.get(key).and_then(q::Value::as_str).cloned();
        let list = |key: &str| -> Vec<String> {
            let values = point.payload.get(key).and_then(q::Value::as_list).unwrap_or_default();
            values.iter().filter_map(q::Value::as_str).cloned().collect()
        };
        let number = |value: Option<&q::Value>| value.and_then(q::Value::as_double);
        let place = match point.payload.get("position").and_then(|value| value.kind.as_ref()) {
            Some(Kind::StructValue(place)) => number(place.fields.get("lat")).zip(number(place.fields.get("lon"))),
            _ => None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "it was written from single precision")]
        let years = number(point.payload.get("years")).map(|years| years as f32);
        Ok(Point {
            id: PassageId(passage),
            workspace: WorkspaceId(parse(text("workspace_id").as_ref())?),
            candidate: CandidateId(passage),
            resume: ResumeId(parse(text("resume_id").as_ref())?),
            dense,
            sparse,
            payload: Payload {
                skills: list("skills"),
                titles: list("titles"),
                languages: list("languages"),
                country: text("country"),
                city: text("city"),
                position: place,
                years,
            },
        })
    }

    fn fitting(&self, vector: Vec<f32>) -> Result<Vec<f32>, Status> {
        if vector.len() as u64 == self.dimensions {
            return Ok(vector);
        }
        let (expected, got) = (self.dimensions, vector.len());
        Err(Status::invalid_argument(format!(
            "Wrong input: Vector dimension error: expected dim: {expected}, got {got}"
        )))
    }

    /// The workspace a filter names, and its other conditions.
    fn conditions(&self, must: &[q::Condition]) -> Result<(WorkspaceId, Vec<Condition>), Status> {
        let named = keywords(must).into_iter().find(|(key, _)| key == "workspace_id");
        let workspace = parse(named.and_then(|(_, any)| any.into_iter().next()).as_ref())?;
        let others = must.iter().filter(|one| !is_id(one));
        Ok((WorkspaceId(workspace), others.map(|one| self.condition(one)).collect::<Result<Vec<_>, Status>>()?))
    }

    fn condition(&self, condition: &q::Condition) -> Result<Condition, Status> {
        if let Some(ConditionOneOf::Filter(nested)) = &condition.condition_one_of {
            let several = nested.should.iter().map(|one| self.condition(one)).collect::<Result<Vec<_>, Status>>()?;
            return Ok(Condition::Any(several));
        }
        let field = field(condition)?;
        if !self.indexes.contains_key(&field.key) {
            return Err(Status::invalid_argument(format!("Index required but not found for \"{}\"", field.key)));
        }
        let any: Vec<String> = field.r#match.as_ref().map(any_of).unwrap_or_default().into_iter().collect();
        Ok(match field.key.as_str() {
            "skills" => Condition::AnySkill(any),
            "titles" => Condition::AnyTitle(any),
            "languages" => Condition::AnyLanguage(any),
            "country" => Condition::AnyCountry(any),
            "city" => Condition::AnyCity(any),
            "position" => {
                let circle = field.geo_radius.ok_or_else(|| Status::invalid_argument("no circle"))?;
                let center = circle.center.unwrap_or_default();
                let radius_km = f64::from(circle.radius) / 1000.0;
                Condition::Near { latitude: center.lat, longitude: center.lon, radius_km }
            }
            "years" => {
                let range = field.range.ok_or_else(|| Status::invalid_argument("no range"))?;
                #[expect(clippy::cast_possible_truncation, reason = "it was written from single precision")]
                let single = |bound: Option<f64>| bound.map(|bound| bound as f32);
                Condition::Years { min: single(range.gte), max: single(range.lte) }
            }
            other => return Err(Status::invalid_argument(format!("no filter by {other} is served"))),
        })
    }
}

/// The collection of this name or alias.
fn find<'a>(collections: &'a mut HashMap<String, Collection>, name: &str) -> Result<&'a mut Collection, Status> {
    let found = collections.iter_mut().find(|(known, collection)| *known == name || collection.aliases.contains(name));
    let missing = || Status::not_found(format!("Not found: Collection `{name}` doesn't exist!"));
    found.map(|(_, collection)| collection).ok_or_else(missing)
}

/// Whether it names whose points are meant, and not what they show.
fn is_id(condition: &q::Condition) -> bool {
    field(condition).is_ok_and(|field| ["workspace_id", "candidate_id", "resume_id"].contains(&field.key.as_str()))
}

fn field(condition: &q::Condition) -> Result<&q::FieldCondition, Status> {
    match &condition.condition_one_of {
        Some(ConditionOneOf::Field(field)) => Ok(field),
        _ => Err(Status::invalid_argument("only conditions on fields are served")),
    }
}

/// Each field that is matched with words, with those words.
fn keywords(conditions: &[q::Condition]) -> Vec<(String, BTreeSet<String>)> {
    let fields = conditions.iter().filter_map(|one| field(one).ok());
    fields.filter_map(|field| Some((field.key.clone(), any_of(field.r#match.as_ref()?)))).collect()
}

fn any_of(matched: &q::Match) -> BTreeSet<String> {
    match &matched.match_value {
        Some(MatchValue::Keyword(word)) => BTreeSet::from([word.clone()]),
        Some(MatchValue::Keywords(words)) => words.strings.iter().cloned().collect(),
        _ => BTreeSet::new(),
    }
}

fn parse(id: Option<&String>) -> Result<Uuid, Status> {
    id.and_then(|id| id.parse().ok()).ok_or_else(|| Status::invalid_argument("an id is missing or no UUID"))
}

fn status(error: Error) -> Status {
    match error {
        Error::Refused(message) => Status::invalid_argument(message),
        Error::Unavailable(message) => Status::unavailable(message),
    }
}
