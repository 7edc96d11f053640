//! Coming, going and being shown out: each change of standing, and who is told.

use serde_json::json;

use crate::error::ControlError;
use crate::shapes;
use crate::simulator::Simulator;
use crate::state::{Chat, JoinRequest, Standing};
use crate::updates::{Kind, MadeUpdate, MemberChange};
use crate::world::World;

/// A join request lets the bot write to the person this long.
const MAY_WRITE_MS: i64 = 5 * 60 * 1000;

/// From one standing to another.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub old: Standing,
    pub new: Standing,
}

/// What an administrator may do with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Kick,
    Ban,
    Unban,
    Restrict,
    Unrestrict,
}

/// # Errors
///
/// All of these: [`ControlError::Unknown`] if there is no such person or chat, [`ControlError::Invalid`] if the
/// person's standing in the chat does not allow it. Nothing has changed then.
impl Simulator {
    /// The person joins.
    pub fn join(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| world.join(user, chat, None))
    }

    /// The person joins by an invite link.
    pub fn join_by_link(&self, user: i64, link: &str) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            let chat = world.chat_of_link(link)?;
            world.join(user, chat, Some(link))
        })
    }

    /// The person asks to be let in.
    pub fn request_to_join(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| world.request_to_join(user, chat, None))
    }

    /// The person asks to be let in, by an invite link.
    pub fn request_by_link(&self, user: i64, link: &str) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            let chat = world.chat_of_link(link)?;
            world.request_to_join(user, chat, Some(link))
        })
    }

    /// The owner lets the person in.
    pub fn approve_request(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            let owner = world.chat(chat)?.owner;
            world.approve(user, chat, owner)
        })
    }

    /// The owner turns the person down. Bots hear nothing of it.
    pub fn decline_request(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| world.decline(user, chat).map(|()| Vec::new()))
    }

    /// The person leaves.
    pub fn leave(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            world.acting_user(user)?;
            let new = match world.chat(chat)?.standing(user) {
                Standing::Owner => return Err(ControlError::invalid("user", "the owner cannot leave")),
                Standing::Left | Standing::Banned | Standing::Restricted { is_member: false } => {
                    return Err(ControlError::invalid("user", "is not in this chat"));
                }
                Standing::Restricted { is_member: true } => Standing::Restricted { is_member: false },
                Standing::Administrator(_) | Standing::Member => Standing::Left,
            };
            world.transition(chat, user, user, new)
        })
    }

    /// The owner removes the person, who may come back.
    pub fn kick(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.take(Measure::Kick, user, chat)
    }

    /// The owner removes the person and keeps them out.
    pub fn ban(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.take(Measure::Ban, user, chat)
    }

    /// The owner lifts the ban; the person does not come back by that.
    pub fn unban(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.take(Measure::Unban, user, chat)
    }

    /// The owner puts a present member under restrictions; the person stays.
    pub fn restrict(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.take(Measure::Restrict, user, chat)
    }

    /// The owner lifts the restrictions.
    pub fn unrestrict(&self, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.take(Measure::Unrestrict, user, chat)
    }

    /// What somebody, person or bot, is in a chat.
    pub fn standing(&self, id: i64, chat: i64) -> Result<Standing, ControlError> {
        self.read(|world| world.chat(chat).map(|chat| chat.standing(id)))
    }

    fn take(&self, measure: Measure, user: i64, chat: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.change(|world| {
            let owner = world.chat(chat)?.owner;
            world.take(measure, user, chat, owner)
        })
    }
}

impl World {
    /// Changes a standing and tells who has to know.
    pub fn transition(
        &mut self,
        chat: i64,
        whom: i64,
        by: i64,
        new: Standing,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        self.transition_by(chat, whom, by, new, None)
    }

    fn transition_by(
        &mut self,
        chat: i64,
        whom: i64,
        by: i64,
        new: Standing,
        request: Option<&JoinRequest>,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        let place = self.chat_mut(chat)?;
        let old = place.standing(whom);
        place.members.insert(whom, new);
        if new.is_present() {
            place.requests.remove(&whom);
        }
        let invite_link = request.and_then(|request| request.invite_link.clone());
        if let Some(link) = place.invite_links.iter_mut().find(|own| Some(&own.link) == invite_link.as_ref())
        {
            link.joined += 1;
        }
        let via_join_request = request.is_some_and(|request| request.date != 0);
        Ok(self.emit_member_change(&MemberChange { chat, whom, by, old, new, invite_link, via_join_request }))
    }

    fn join(&mut self, user: i64, chat: i64, link: Option<&str>) -> Result<Vec<MadeUpdate>, ControlError> {
        self.acting_user(user)?;
        let place = self.chat(chat)?;
        check_may_enter(place, user)?;
        let asks_first = match link {
            Some(link) => usable_link(place, link, self.clock.now_s())?,
            None => place.join_by_request,
        };
        if asks_first {
            return Err(ControlError::invalid("chat", "whoever wants in has to ask; request instead"));
        }
        let new = entered(place.standing(user));
        let by_link = link.map(|link| JoinRequest { date: 0, invite_link: Some(link.to_owned()) });
        self.transition_by(chat, user, user, new, by_link.as_ref())
    }

    fn request_to_join(
        &mut self,
        user: i64,
        chat: i64,
        link: Option<&str>,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        let from = shapes::user(self.acting_user(user)?);
        let place = self.chat(chat)?;
        check_may_enter(place, user)?;
        let asks_first = match link {
            Some(link) => usable_link(place, link, self.clock.now_s())?,
            None => place.join_by_request,
        };
        if !asks_first {
            return Err(ControlError::invalid("chat", "anybody may join; join instead"));
        }
        if place.requests.contains_key(&user) {
            return Err(ControlError::invalid("user", "has asked already"));
        }
        let mut payload = json!({
            "chat": shapes::chat(place), "from": from, "user_chat_id": user, "date": self.clock.now_s(),
        });
        let shown = link.and_then(|link| place.invite_links.iter().find(|own| own.link == link));
        shapes::put(&mut payload, "invite_link", shown.map(|link| self.invite_link(link)));
        let request = JoinRequest { date: self.clock.now_s(), invite_link: link.map(str::to_owned) };
        self.chat_mut(chat)?.requests.insert(user, request);
        Ok(self.tell_of_request(user, chat, &payload))
    }

    /// Bots that may invite hear of a request, and may write to the person for five minutes.
    fn tell_of_request(&mut self, user: i64, chat: i64, payload: &serde_json::Value) -> Vec<MadeUpdate> {
        let (now_ms, mut made) = (self.clock.now_ms(), Vec::new());
        for bot in self.watching_bots(chat) {
            let standing = self.state.chats.get(&chat).map(|chat| chat.standing(bot));
            if !matches!(standing, Some(Standing::Administrator(rights)) if rights.can_invite_users) {
                continue;
            }
            if let Some(state) = self.state.bots.get_mut(&bot) {
                state.people.entry(user).or_default().may_write_until_ms = now_ms + MAY_WRITE_MS;
            }
            made.extend(self.emit(bot, Kind::ChatJoinRequest, format!("user:{user}"), payload.clone()));
        }
        made
    }

    pub fn approve(&mut self, user: i64, chat: i64, by: i64) -> Result<Vec<MadeUpdate>, ControlError> {
        self.user(user)?;
        let place = self.chat_mut(chat)?;
        let request = place.requests.remove(&user);
        let request = request.ok_or_else(|| ControlError::invalid("user", "has not asked to join"))?;
        let new = entered(place.standing(user));
        self.end_right_to_write(user, chat);
        self.transition_by(chat, user, by, new, Some(&request))
    }

    pub fn decline(&mut self, user: i64, chat: i64) -> Result<(), ControlError> {
        self.user(user)?;
        let request = self.chat_mut(chat)?.requests.remove(&user);
        request.ok_or_else(|| ControlError::invalid("user", "has not asked to join"))?;
        self.end_right_to_write(user, chat);
        Ok(())
    }

    /// Bots may write to who asked to join until that is decided.
    fn end_right_to_write(&mut self, user: i64, chat: i64) {
        for bot in self.watching_bots(chat) {
            if let Some(state) = self.state.bots.get_mut(&bot)
                && let Some(relation) = state.people.get_mut(&user)
            {
                relation.may_write_until_ms = 0;
            }
        }
    }

    pub fn take(
        &mut self,
        measure: Measure,
        user: i64,
        chat: i64,
        by: i64,
    ) -> Result<Vec<MadeUpdate>, ControlError> {
        self.user(user)?;
        let place = self.chat_mut(chat)?;
        let old = place.standing(user);
        let refused = |problem: &str| Err(ControlError::invalid("user", problem));
        let new = match (measure, old) {
            (_, Standing::Owner) => return refused("is the owner of this chat"),
            (Measure::Kick, _) if !old.is_present() => return refused("is not in this chat"),
            (Measure::Kick, _) => Standing::Left,
            (Measure::Ban, Standing::Banned) => return refused("is banned already"),
            (Measure::Ban, _) => Standing::Banned,
            (Measure::Unban, Standing::Banned) => Standing::Left,
            (Measure::Unban, _) => return refused("is not banned"),
            (Measure::Restrict, Standing::Member) => Standing::Restricted { is_member: true },
            (Measure::Restrict, _) => return refused("is no ordinary member of this chat"),
            (Measure::Unrestrict, Standing::Restricted { is_member: true }) => Standing::Member,
            (Measure::Unrestrict, Standing::Restricted { is_member: false }) => Standing::Left,
            (Measure::Unrestrict, _) => return refused("is not restricted"),
        };
        if new == Standing::Banned {
            place.requests.remove(&user);
        }
        self.transition(chat, user, by, new)
    }

    /// A bot hears that the person blocked or unblocked it.
    pub fn emit_private_change(&mut self, user: i64, bot: i64, change: Change) -> Vec<MadeUpdate> {
        let shape = self.anybody(bot);
        let payload = json!({
            "chat": self.any_chat(user),
            "from": self.anybody(user),
            "date": self.clock.now_s(),
            "old_chat_member": shapes::member(change.old, &shape),
            "new_chat_member": shapes::member(change.new, &shape),
        });
        self.emit(bot, Kind::MyChatMember, format!("user:{user}"), payload).into_iter().collect()
    }

    fn chat_of_link(&self, link: &str) -> Result<i64, ControlError> {
        let holds = |chat: &&Chat| chat.invite_links.iter().any(|own| own.link == link);
        let chat = self.state.chats.values().find(holds);
        chat.map(|chat| chat.id).ok_or_else(|| ControlError::invalid("invite_link", "no such invite link"))
    }
}

/// The standing of somebody who comes in: restrictions outlive leaving.
fn entered(old: Standing) -> Standing {
    match old {
        Standing::Restricted { .. } => Standing::Restricted { is_member: true },
        _ => Standing::Member,
    }
}

fn check_may_enter(chat: &Chat, user: i64) -> Result<(), ControlError> {
    let standing = chat.standing(user);
    if standing == Standing::Banned {
        return Err(ControlError::invalid("user", "is banned from this chat"));
    }
    if standing.is_present() {
        return Err(ControlError::invalid("user", "is in this chat already"));
    }
    Ok(())
}

/// Whether the link makes a join request; an error if it lets nobody in.
fn usable_link(chat: &Chat, link: &str, now_s: i64) -> Result<bool, ControlError> {
    let found = chat.invite_links.iter().find(|own| own.link == link && !own.is_revoked);
    let link = found.ok_or_else(|| ControlError::invalid("invite_link", "revoked"))?;
    if link.expire_date.is_some_and(|date| date <= now_s) {
        return Err(ControlError::invalid("invite_link", "expired"));
    }
    if link.member_limit.is_some_and(|limit| link.joined >= limit) {
        return Err(ControlError::invalid("invite_link", "its member limit is reached"));
    }
    Ok(link.creates_join_request || (link.is_primary && chat.join_by_request))
}
