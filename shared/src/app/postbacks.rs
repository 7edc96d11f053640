use super::App;
use super::attempts::planned_ms;
use super::postback_batches::TaskSubject;
use super::postback_leases::PostbackOutcome;
use super::postback_requests::{Postback, PostbackRequest};
use crate::domain::course::Course;
use crate::domain::postback_log::{ATTEMPTS_MAX, PostbackAttempt, PostbackError, PostbackState, state_after};
use crate::domain::verdict::{Verdict, judge};
use crate::error::AppResult;
use crate::ids::{CampaignKey, UserId};
use crate::queue::Task;
use crate::store::{AttemptWrite, LoggedPostback};

/// A postback that is not done with, as the log has it before its next attempt.
pub(super) struct Delivery {
    pub task: Task,
    pub campaign: CampaignKey,
    pub user: UserId,
    /// When the replay was asked for; `None` for a first delivery.
    pub asked_ms: Option<i64>,
    pub postback: Postback,
    pub request: PostbackRequest,
    pub known: Option<LoggedPostback>,
    /// The attempts that count: those since the replay was asked for.
    pub counted: Vec<PostbackAttempt>,
}

/// What an attempt led to.
pub(super) enum Attempted {
    /// Another one, by the caller, as planned.
    Planned(Course),
    /// None: the postback is done with.
    Ended,
    /// Somebody else's came in between, and this one is not in the log: the task has to read it again.
    Overtaken,
}

impl Delivery {
    /// What is planned for it, if this delivery was begun: tried, or held back.
    pub fn course(&self) -> Option<Course> {
        let course = self.known.as_ref()?.course;
        let held = course.hold.is_some_and(|hold| hold.asked_ms == self.asked_ms);
        (held || !self.counted.is_empty()).then_some(course)
    }

    fn attempts(&self) -> &[PostbackAttempt] {
        self.known.as_ref().map(|known| known.attempts.as_slice()).unwrap_or_default()
    }
}

impl App {
    /// Carries out a task of the postback queue: the first attempt, unless the postback waits for an earlier one of its
    /// lead, or others might wait behind it because its host does not answer. What fails is written down with the time of
    /// the next attempt and handed on to the queue of retries; so is what was begun before, if the task comes again.
    ///
    /// `receipts` is how often the queue has brought the task, this time included. From the second time on the attempt is
    /// leased first: one that cannot be written down is not made over and over. So is that of a replay, which may meet the
    /// retry of a postback that is pending.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry: at most the attempt in flight is repeated.
    pub async fn begin_postback(
        &self,
        task: &Task,
        subject: Option<TaskSubject>,
        receipts: u32,
    ) -> AppResult<PostbackOutcome> {
        let Some(delivery) = self.open_delivery(task, subject).await? else {
            return Ok(PostbackOutcome::Done);
        };
        let course = match delivery.course() {
            Some(course) => Some(course),
            None => self.put_aside(&delivery).await?,
        };
        if let Some(course) = course {
            self.hand_on(&delivery, course).await?;
            return Ok(PostbackOutcome::Done);
        }
        let may_meet_another = receipts > 1 || delivery.asked_ms.is_some();
        if may_meet_another && !self.lease_attempt(&delivery).await? {
            return Ok(PostbackOutcome::Busy);
        }
        match self.attempt_postback(&delivery).await? {
            Attempted::Planned(course) => self.hand_on(&delivery, course).await?,
            Attempted::Ended => {}
            Attempted::Overtaken => return Ok(PostbackOutcome::Busy),
        }
        Ok(PostbackOutcome::Done)
    }

    /// Has a postback wait for an earlier one of its lead, or go the way of retries if others might wait behind it; answers
    /// what is planned for it then.
    async fn put_aside(&self, delivery: &Delivery) -> AppResult<Option<Course>> {
        if let Some(course) = self.hold_back(delivery).await? {
            return Ok(Some(course));
        }
        if self.might_hang(delivery.postback.account, &delivery.request.host()).await {
            return self.put_off(delivery).await.map(Some);
        }
        Ok(None)
    }

    /// Reads what a task is about; `None` if nothing is to be sent, which is then in the log.
    ///
    /// A task that comes again after it was delivered sends nothing; of a replay only attempts count that began after it
    /// was asked for. A postback that has lost its template since it was begun is skipped, and so is one whose endpoint
    /// asked for no more.
    pub(super) async fn open_delivery(
        &self,
        task: &Task,
        subject: Option<TaskSubject>,
    ) -> AppResult<Option<Delivery>> {
        let (campaign, user, event) = task.subject();
        let asked_ms = task.requested_ms();
        let subject = match subject {
            Some(subject) => Some(subject),
            None => self.read_subjects(std::slice::from_ref(task)).await?.pop().flatten(),
        };
        let Some(TaskSubject { lead, known }) = subject else { return Ok(None) };
        let postback = self.prepare_postback(campaign, user, event, &lead).await?;
        let Some(mut postback) = postback else { return Ok(None) };
        let (account, id) = (postback.account, postback.id);
        let attempts = known.as_ref().map(|known| known.attempts.as_slice()).unwrap_or_default();
        let counts = |attempt: &&PostbackAttempt| asked_ms.is_none_or(|asked| attempt.started_ms >= asked);
        let counted: Vec<_> = attempts.iter().filter(counts).cloned().collect();
        let is_skipped = known.as_ref().is_some_and(|known| known.state == PostbackState::Skipped);
        if state_after(&counted) != PostbackState::Pending || (is_skipped && asked_ms.is_none()) {
            return Ok(None);
        }
        if attempts.len() >= ATTEMPTS_MAX {
            self.store.end_postback(account, id, PostbackState::Failed, None).await?;
            return Ok(None);
        }
        let Some(request) = postback.request.take() else {
            if known.is_some() {
                let (skipped, error) = (PostbackState::Skipped, Some(PostbackError::Template));
                self.store.end_postback(account, id, skipped, error).await?;
            }
            return Ok(None);
        };
        if postback.templates.are_disabled_for(&request) {
            if asked_ms.is_none() {
                self.count_exhausted();
            }
            self.skip_disabled(&postback, known.is_some()).await?;
            return Ok(None);
        }
        let task = task.clone();
        Ok(Some(Delivery { task, campaign, user, asked_ms, postback, request, known, counted }))
    }

    async fn skip_disabled(&self, postback: &Postback, is_known: bool) -> AppResult<()> {
        let (state, error) = (PostbackState::Skipped, Some(PostbackError::Disabled));
        if is_known {
            return self.store.end_postback(postback.account, postback.id, state, error).await;
        }
        let skipped = LoggedPostback {
            id: postback.id,
            subscriber: postback.subscriber,
            state,
            url: String::new(),
            error,
            attempts: Vec::new(),
            course: Course::default(),
        };
        self.store.skip_postback(postback.account, &skipped, self.clock.now()).await
    }

    /// Makes one more attempt and logs it; where the postback stands follows from those that are counted.
    pub(super) async fn attempt_postback(&self, delivery: &Delivery) -> AppResult<Attempted> {
        let Postback { account, id, subscriber, .. } = delivery.postback;
        let (host, tried) = (delivery.request.host(), delivery.counted.len());
        let send = async || self.send_postback(account, id, &delivery.request).await;
        let (attempt, asked_ms) = self.attempt_if_connected((account, &host), tried, send).await?;
        let counted = [delivery.counted.as_slice(), std::slice::from_ref(&attempt)].concat();
        let state = state_after(&counted);
        let course = Course {
            since_ms: Some(counted[0].started_ms),
            next_ms: match state {
                PostbackState::Pending => planned_ms(&counted, asked_ms)?,
                PostbackState::Delivered | PostbackState::Failed | PostbackState::Skipped => None,
            },
            hold: None,
        };
        let (url, error, verdict) = (delivery.request.shown_url(), attempt.error, judge(attempt.code));
        let attempts = [delivery.attempts(), &[attempt]].concat();
        let logged = LoggedPostback { id, subscriber, state, url, error, attempts, course };
        match self.store.log_attempt(account, &logged).await? {
            AttemptWrite::Logged => {
                if state == PostbackState::Failed {
                    self.count_exhausted();
                }
                if verdict == Verdict::Disable {
                    self.disable_endpoint(delivery).await?;
                }
                Ok(if course.next_ms.is_some() { Attempted::Planned(course) } else { Attempted::Ended })
            }
            AttemptWrite::Overtaken(_) => {
                tracing::warn!(account.id = %account, postback.id = %id, "a postback was tried twice at once");
                Ok(Attempted::Overtaken)
            }
        }
    }

    /// Counts a postback that is not told, unless somebody has it sent again. A replay to an endpoint that wants no more is
    /// not counted: whoever asked for it looks at it.
    fn count_exhausted(&self) {
        self.tell_cloudwatch("PostbacksExhausted");
    }

    /// The endpoint wants no more of what these templates send.
    async fn disable_endpoint(&self, delivery: &Delivery) -> AppResult<()> {
        let templates = &delivery.postback.templates;
        self.store
            .disable_endpoint(templates.owner, &templates.templates, delivery.request.endpoint())
            .await?;
        self.webhook_cache.campaigns.forget(&delivery.campaign);
        Ok(())
    }
}
