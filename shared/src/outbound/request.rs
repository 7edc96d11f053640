use url::Url;

/// One request to a target.
#[derive(Clone, Debug)]
pub struct OutboundRequest {
    /// Where it goes.
    pub url: Url,
    /// The id that a receiver tells repeats by; the same in every attempt.
    pub id: String,
    /// `None` makes it a GET, a body a POST.
    pub body: Option<OutboundBody>,
    /// The signature, where there is a secret to sign with.
    pub signature: Option<Signature>,
}

/// What a POST carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundBody {
    /// Its media type.
    pub media_type: &'static str,
    /// Its text, as it is sent and signed.
    pub text: String,
}

/// A signature by Standard Webhooks, over the id, the time and the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Unix seconds of the attempt.
    pub timestamp: i64,
    /// `v1,` and the signature in base64; one after the other, separated by a blank, if several keys sign.
    pub value: String,
}

impl OutboundRequest {
    /// A GET without a signature.
    #[must_use]
    pub fn get(url: Url, id: impl Into<String>) -> Self {
        Self { url, id: id.into(), body: None, signature: None }
    }
}
