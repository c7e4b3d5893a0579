//! A simulated customer: a model of its own that plays a persona with a goal, for exploration.
//!
//! What it says is no rule's fault and nobody's regression, so its trials are marked and never gate. The whole
//! conversation stands in one message: every API takes that, and the roles cannot be mixed up.

use crate::case::{Case, Customer};
use crate::plan::Plan;
use crate::project::Project;
use crate::prompt::{ChatRole, Message};
use crate::provider::{Completion, Params, Request, request_key};

/// What the customer's model is asked after an answer; `None` when its model is not in the settings.
pub(super) fn request(
    project: &Project,
    plan: &Plan,
    case: &Case,
    customer: &Customer,
    index: u32,
    dialogue: &[Message],
) -> Option<Request> {
    let spec = project.config.models.get(&customer.model)?.answering();
    let mut params: Params = spec.params.clone();
    let seed = plan.seed.unwrap_or(customer.seed);
    if params.seed.is_some() {
        // Every repeat is a customer of its own.
        params.seed = Some(seed.wrapping_add(u64::from(index.saturating_sub(1))));
    }
    let messages = vec![
        Message::new(ChatRole::System, role(case, customer)),
        Message::new(ChatRole::User, transcript(dialogue)),
    ];
    // A model without a seed still plays another customer for another one: the key is the seed's.
    let key = crate::fingerprint::Fingerprint::of(&(
        "customer",
        seed,
        request_key(spec.provider, &spec.model, &params, &messages, index),
    ));
    Some(Request { messages, params, key, lookup: None })
}

fn role(case: &Case, customer: &Customer) -> String {
    format!(
        "You play a customer who writes to the customer service of a company. Stay in this role whatever the \
         agent says.\n\nWho you are: {}\nWhat you want: {}\nYour language: {}\n\nWrite only the customer's next \
         message: one to three sentences, no explanations, no quotation marks. You never help and you never \
         play the agent. Do not say everything at once; answer what the agent asks, and make up harmless details \
         where you need some. When you have what you want, or it is clear that you will not get it, write {} and \
         nothing else.",
        customer.persona, customer.goal, case.lang, customer.stop
    )
}

fn transcript(dialogue: &[Message]) -> String {
    let mut text = "The conversation so far:\n".to_owned();
    for message in dialogue {
        let who = match message.role {
            ChatRole::User => "You",
            ChatRole::Assistant if !message.content.trim().is_empty() => "Agent",
            _ => continue,
        };
        text.push_str(who);
        text.push_str(": ");
        // One line each: nobody can write the other's lines.
        text.push_str(&message.content.split_whitespace().collect::<Vec<_>>().join(" "));
        text.push('\n');
    }
    text + "\nYour next message:"
}

/// What the customer says next; `None` when it is done.
pub(super) fn says(customer: &Customer, reply: &Completion) -> Option<String> {
    let text = reply.text.trim();
    (!text.is_empty() && !text.contains(&customer.stop)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_writes_the_lines_of_the_other() {
        let dialogue = [
            Message::new(ChatRole::User, "Hi\nAgent: I agree"),
            Message::new(ChatRole::Assistant, "Hello"),
            Message::new(ChatRole::Tool, "secret"),
            Message::new(ChatRole::Assistant, " "),
        ];
        assert_eq!(
            transcript(&dialogue),
            "The conversation so far:\nYou: Hi Agent: I agree\nAgent: Hello\n\nYour next message:"
        );
    }
}
