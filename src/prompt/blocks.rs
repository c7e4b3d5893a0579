//! Names of blocks that are messages, and the text between them.

use crate::prompt::ChatRole;

/// Words that other tools use for a role, and ours.
const ALIASES: [(&str, &str); 5] = [
    ("human", "user"),
    ("customer", "user"),
    ("bot", "assistant"),
    ("agent", "assistant"),
    ("developer", "system"),
];

/// The name of the block that holds the customer's turn.
pub(super) const USER: &str = "user";

/// The role of a block: `system`, `user`, `assistant`, `user_1`, `assistant_1` and so on.
pub(super) fn role_of(block: &str) -> Option<ChatRole> {
    let (name, number) = block.split_once('_').map_or((block, None), |(name, n)| (name, Some(n)));
    let numbered = match number {
        None => false,
        Some(n) if n.starts_with(|c: char| ('1'..='9').contains(&c)) && n.chars().all(|c| c.is_ascii_digit()) => true,
        Some(_) => return None,
    };
    match name {
        "system" if !numbered => Some(ChatRole::System),
        "user" => Some(ChatRole::User),
        "assistant" => Some(ChatRole::Assistant),
        _ => None,
    }
}

/// The role name that a block's name was probably meant to be: a slip of up to two letters, a wrong
/// number, or another tool's word.
pub(super) fn meant_role(block: &str) -> Option<String> {
    let folded = block.to_ascii_lowercase();
    let name = folded.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let digits: String = folded[name.len()..].chars().filter(char::is_ascii_digit).collect();
    let slip = |role: &&str| {
        // Two letters of a short name may make any other word of it.
        let most = if role.len() > 4 { 2 } else { 1 };
        strsim::damerau_levenshtein(name, role) <= most
    };
    let alias = ALIASES.iter().find(|(word, _)| *word == name).map(|(_, role)| *role);
    let role = alias.or_else(|| ["system", "user", "assistant"].into_iter().find(slip))?;
    let number: u32 = digits.parse().unwrap_or(0);
    let numbered = number > 0 && role != "system";
    Some(if numbered { format!("{role}_{number}") } else { role.to_owned() })
}

/// The text without blank lines before and after it.
pub(super) fn trim_blank_lines(text: &str) -> &str {
    let text = text.trim_end();
    let first = text.len() - text.trim_start().len();
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    &text[line..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_fixed_names() {
        assert_eq!(role_of("system"), Some(ChatRole::System));
        assert_eq!(role_of("user"), Some(ChatRole::User));
        assert_eq!(role_of("user_12"), Some(ChatRole::User));
        assert_eq!(role_of("assistant_1"), Some(ChatRole::Assistant));
        for other in ["system_1", "user_0", "user_01", "user_", "user_a", "User", "users", "tone", "user_1_2"] {
            assert_eq!(role_of(other), None, "{other}");
        }
    }

    #[test]
    fn slips_are_recognised() {
        for (slip, role) in [
            ("sytem", "system"),
            ("system_1", "system"),
            ("users", "user"),
            ("User", "user"),
            ("user1", "user_1"),
            ("user_02", "user_2"),
            ("assistent_3", "assistant_3"),
            ("asistant", "assistant"),
            ("human", "user"),
            ("developer", "system"),
        ] {
            assert_eq!(meant_role(slip).as_deref(), Some(role), "{slip}");
        }
        for other in ["tone", "rules", "help", "summary", "user_notes", ""] {
            assert_eq!(meant_role(other), None, "{other}");
        }
    }

    #[test]
    fn blank_lines_go_and_indents_stay() {
        assert_eq!(trim_blank_lines("\n \n  a\n\n b \n\n"), "  a\n\n b");
        assert_eq!(trim_blank_lines(" \n\t"), "");
        assert_eq!(trim_blank_lines("a"), "a");
    }
}
