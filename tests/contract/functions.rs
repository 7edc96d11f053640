use super::working_routes;
use crate::world::{Reply, World};

const FUNC: &str = r#"{"status":"error","error":"func","message":"no such function"}"#;

#[tokio::test]
async fn an_unknown_path_is_func_with_and_without_a_key() {
    let world = World::new().await;
    let key = world.account().key;
    for path in [
        "/api/nothing",
        "/api/nothing.json",
        "/api/camp/nothing.json",
        "/api/camp/list",
        "/api/camp/list.json/x",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            assert_eq!(Reply::of_api(world.request(method, path)).await.text, FUNC, "{method} {path}");
            let with_key = world.request(method, path).bearer_auth(&key);
            assert_eq!(Reply::of_api(with_key).await.text, FUNC, "{method} {path} with a key");
        }
    }
}

#[tokio::test]
async fn the_wrong_method_on_a_known_path_is_func() {
    let world = World::new().await;
    let key = world.account().key;
    for route in working_routes() {
        for method in
            ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| *method != route.method)
        {
            let request = world.request(method, route.path).bearer_auth(&key);
            assert_eq!(Reply::of_api(request).await.text, FUNC, "{method} {}", route.path);
        }
    }
}
