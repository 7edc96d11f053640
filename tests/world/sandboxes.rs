//! Several processes of one function over one system.

use shared::App;
use shared::config::Config;

use super::World;

impl World {
    /// The use cases as another process of a function has them: with a memory of its own. It is called `function` by what
    /// it counts.
    pub fn sandbox(&self, binary: &str) -> App {
        let mut environment = self.system.cloud.environment(binary).unwrap().clone();
        environment.insert("AWS_LAMBDA_FUNCTION_NAME".to_owned(), "function".to_owned());
        let config = Config::read(|name| environment.get(name).cloned()).unwrap();
        App::new(config, self.system.app.clock.clone(), None)
    }
}
