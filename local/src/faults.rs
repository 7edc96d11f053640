//! A connection to AWS that misbehaves on demand, through the SDK's own seam for HTTP clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// The switches. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct AwsFaults {
    down: Arc<AtomicBool>,
    answers_to_lose: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl AwsFaults {
    /// From now on no call gets through.
    pub fn go_down(&self) {
        self.down.store(true, Ordering::SeqCst);
    }

    /// From now on calls get through.
    pub fn come_back(&self) {
        self.down.store(false, Ordering::SeqCst);
    }

    /// The next calls are carried out, and their answers lost.
    pub fn lose_answers(&self, count: usize) {
        self.answers_to_lose.store(count, Ordering::SeqCst);
    }

    /// How many calls were made, lost and refused ones included.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// An HTTP client for the SDKs that obeys the switches.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(FaultyHttp { inner: shared::aws::http_client(), faults: self.clone() })
    }
}

#[derive(Clone, Debug)]
struct FaultyHttp {
    inner: SharedHttpClient,
    faults: AwsFaults,
}

impl HttpClient for FaultyHttp {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(FaultyConnector { inner, faults: self.faults.clone() })
    }
}

#[derive(Clone, Debug)]
struct FaultyConnector {
    inner: SharedHttpConnector,
    faults: AwsFaults,
}

impl HttpConnector for FaultyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { inner, faults } = self.clone();
        faults.calls.fetch_add(1, Ordering::SeqCst);
        HttpConnectorFuture::new(async move {
            if faults.down.load(Ordering::SeqCst) {
                return Err(ConnectorError::io("refused by a switch".into()));
            }
            let answer = inner.call(request).await;
            let lose = |left: usize| left.checked_sub(1);
            if faults.answers_to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_ok() {
                return Err(ConnectorError::io("lost by a switch".into()));
            }
            answer
        })
    }
}
