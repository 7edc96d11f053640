//! Files, and how a client uploads them.

#[path = "../../shared/src/domain/media/samples.rs"]
pub mod samples;

use std::path::{Path, PathBuf};

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{Account, Reply, World};

const BOUNDARY: &str = "------------------------d74496d66958873e";

/// A part of a multipart form.
pub fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// A part with a file, as a browser names it.
pub fn file_part(content: &[u8]) -> Vec<u8> {
    part("name=\"file\"; filename=\"cat.jpg\"\r\nContent-Type: image/jpeg", content)
}

/// A form that another site gave, with its fields and then a file.
pub fn filled_in(fields: &Value, file: &[u8]) -> Vec<Vec<u8>> {
    let texts = fields.as_object().unwrap().iter();
    let texts =
        texts.map(|(name, value)| part(&format!("name={name:?}"), value.as_str().unwrap().as_bytes()));
    texts.chain([file_part(file)]).collect()
}

impl World {
    /// Posts a multipart form.
    pub fn multipart(&self, url: &str, parts: &[Vec<u8>]) -> reqwest::RequestBuilder {
        let body = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        let request = self.http.post(url).body(body);
        request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
    }

    /// Uploads a form to the API.
    pub async fn upload_parts(&self, account: &Account, parts: &[Vec<u8>]) -> Reply {
        let url = format!("{}/api/media/upload.json", self.system.base_url());
        Reply::of_api(self.multipart(&url, parts).bearer_auth(&account.key)).await
    }

    /// Uploads a file to the API.
    pub async fn upload(&self, account: &Account, file: &[u8]) -> Reply {
        self.upload_parts(account, &[file_part(file)]).await
    }

    /// Gets a form for a file of this type.
    pub async fn presigned(&self, account: &Account, content_type: &str) -> Value {
        let announced = json!({"name": "cat", "size": 5_000_000, "type": content_type});
        account.post_json("/api/media/presign.json", &announced).await.data()
    }

    /// Uploads a file to the bucket with a form; the answer's status.
    pub async fn send_form(&self, form: &Value, file: &[u8]) -> u16 {
        let url = form["url"].as_str().unwrap();
        Reply::of(self.multipart(url, &filled_in(&form["fields"], file))).await.code
    }

    /// The bytes of an object.
    pub fn object(&self, key: &str) -> Vec<u8> {
        std::fs::read(self.bucket().join(key)).unwrap()
    }

    /// Has an object be gone.
    pub fn remove_object(&self, key: &str) {
        std::fs::remove_file(self.bucket().join(key)).unwrap();
    }

    fn bucket(&self) -> PathBuf {
        self.folder.path().join("s3").join(self.system.cloud.bucket_name("Bucket").unwrap())
    }

    /// The keys of every object, in order.
    pub fn objects(&self) -> Vec<String> {
        let bucket = self.bucket();
        let mut keys = Vec::new();
        collect(&bucket, &bucket, &mut keys);
        keys.sort();
        keys
    }
}

/// Files below a folder, but for the server's own, whose names begin with a dot.
fn collect(bucket: &Path, folder: &Path, keys: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(bucket, &path, keys);
        } else if !path.file_name().unwrap().to_str().unwrap().starts_with('.') {
            keys.push(path.strip_prefix(bucket).unwrap().display().to_string());
        }
    }
}
