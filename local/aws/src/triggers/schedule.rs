//! Invokes a function at a fixed rate.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock;
use crate::lambda::Lambda;
use crate::stop::Stop;
use crate::template::{ACCOUNT, REGION, Schedule};

/// Invokes until the stop, the first time after one period. An invocation that takes longer than a period delays
/// the next one.
pub async fn run(schedule: Schedule, binary: String, lambda: Arc<Lambda>, stop: Stop) {
    while stop.sleep(schedule.period).await {
        // The failure is logged where it happens; the next period is the retry.
        let _ = lambda.invoke(&binary, event(&schedule)).await;
    }
}

fn event(schedule: &Schedule) -> Value {
    if let Some(input) = &schedule.input {
        return input.clone();
    }
    let (resource, detail) = match schedule.source {
        "aws.events" => (format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/{}", schedule.name), json!({})),
        _ => {
            (format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{}", schedule.name), json!("{}"))
        }
    };
    json!({
        "version": "0",
        "id": uuid::Uuid::new_v4().to_string(),
        "detail-type": "Scheduled Event",
        "source": schedule.source,
        "account": ACCOUNT,
        "time": clock::iso_seconds(clock::now_ms()),
        "region": REGION,
        "resources": [resource],
        "detail": detail,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use super::*;
    use crate::lambda::{Functions, Handler};
    use crate::stop::StopSender;
    use crate::template::Template;

    const TEMPLATE: &str = "
Resources:
  Clock:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: clock}}
    Properties:
      Events: {Minute: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}}
";

    #[tokio::test(start_paused = true)]
    async fn a_schedule_invokes_once_a_period_until_the_stop() {
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        let handler: Handler = Arc::new(move |invocation| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(invocation.event);
            Box::pin(async { Ok(Value::Null) })
        });
        let stack = Template::parse(TEMPLATE).unwrap().defaults().clone();
        let (stop, stopped) = StopSender::channel();
        let functions = Functions::InProcess(Box::new(move |_, _| Some(Arc::clone(&handler))));
        let nowhere = ([127, 0, 0, 1], 0).into();
        let environment = |function: &crate::FunctionSpec| function.environment.clone();
        let lambda =
            Lambda::new(&stack.functions, &functions, environment, nowhere, stopped.clone()).unwrap();
        let schedule = stack.functions[0].schedules[0].clone();
        let running = tokio::spawn(run(schedule, "clock".into(), Arc::new(lambda), stopped));
        tokio::time::sleep(Duration::from_secs(150)).await;
        stop.request();
        running.await.unwrap();
        let events = events.lock().unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0]["source"], "aws.scheduler");
        assert_eq!(
            events[0]["resources"],
            json!(["arn:aws:scheduler:us-east-1:000000000000:schedule/default/Clock-Minute"])
        );
    }
}
