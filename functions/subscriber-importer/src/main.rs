//! The Lambda binary of [`subscriber_importer::SUBSCRIBER_IMPORTER`].

fn main() -> std::process::ExitCode {
    shared::edge::sqs::serve(subscriber_importer::SUBSCRIBER_IMPORTER)
}
