//! The services' own ports, any that are free, and what clients need to find them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use rustack_sqs_http::service::{SqsHttpConfig, SqsHttpService};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::dynamodb::DynamoDb;
use crate::lambda::Environment;
use crate::serve::{serve, serve_router};
use crate::sqs::{Endpoint, Sqs};
use crate::stop::Stop;
use crate::template::REGION;
use crate::{StartError, s3};

const ACCESS_KEY: &str = "test";
const SECRET_KEY: &str = "test";

/// One port for each service.
pub struct Ports {
    dynamodb: Port,
    sqs: Port,
    s3: Port,
    runtime_api: Port,
}

struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    async fn bind() -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(StartError::Listen)?;
        let address = listener.local_addr().map_err(StartError::Listen)?;
        Ok(Self { listener, address })
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Ports {
    /// Takes the ports; nothing answers on them yet.
    pub async fn bind() -> Result<Self, StartError> {
        Ok(Self {
            dynamodb: Port::bind().await?,
            sqs: Port::bind().await?,
            s3: Port::bind().await?,
            runtime_api: Port::bind().await?,
        })
    }

    /// Where SQS is.
    pub fn sqs_endpoint(&self) -> String {
        self.sqs.endpoint()
    }

    /// Where functions that are processes get their invocations.
    pub fn runtime_api(&self) -> SocketAddr {
        self.runtime_api.address
    }

    /// What the SDK reads to find the services.
    pub fn environment(&self) -> Environment {
        [
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.endpoint()),
            ("AWS_ENDPOINT_URL_SQS", self.sqs.endpoint()),
            ("AWS_ENDPOINT_URL_S3", self.s3.endpoint()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// Serves every service until the stop.
    pub fn serve<'a>(
        self,
        tasks: &mut JoinSet<()>,
        dynamodb: &DynamoDb,
        sqs: &Arc<Sqs>,
        (objects, buckets): (&Path, impl Iterator<Item = &'a String>),
        runtime_api: Option<Router>,
        stop: &Stop,
    ) -> Result<(), StartError> {
        dynamodb.serve(tasks, self.dynamodb.listener, stop.clone());
        let queues = SqsHttpService::new(Arc::new(Endpoint(Arc::clone(sqs))), SqsHttpConfig::default());
        tasks.spawn(serve(self.sqs.listener, move |_| queues.clone(), stop.clone()));
        let key = (ACCESS_KEY, SECRET_KEY);
        s3::start(tasks, self.s3.listener, objects, buckets, key, stop.clone())?;
        if let Some(router) = runtime_api {
            tasks.spawn(serve_router(self.runtime_api.listener, router, stop.clone()));
        }
        Ok(())
    }
}
