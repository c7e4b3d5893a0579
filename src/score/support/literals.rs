//! Texts without which a pattern cannot match, read off the pattern itself.
//!
//! Looking for these is much cheaper than looking for the pattern. What the reader does not
//! understand it leaves out, which only means that fewer texts are asked for.

use std::iter::Peekable;
use std::str::Chars;

/// Literals of which every match contains at least one.
pub(super) type Group = Vec<String>;

/// Bytes below which a literal is found in too many texts to be worth a look.
const SHORTEST: usize = 3;

/// Groups of literals; every match of the pattern contains one literal of each group.
pub(super) fn required(pattern: &str) -> Vec<Group> {
    let mut reader = Reader { rest: pattern.chars().peekable(), understood: true };
    let mut groups = reader.branches();
    if !reader.understood || reader.rest.next().is_some() {
        return Vec::new();
    }
    groups.retain(|group| shortest(group) >= SHORTEST);
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn shortest(group: &[String]) -> usize {
    group.iter().map(String::len).min().unwrap_or(0)
}

/// One part of a sequence.
enum Part {
    Literal(char),
    Nested(Vec<Group>),
    /// A class, a position, any character.
    Open,
}

struct Reader<'p> {
    rest: Peekable<Chars<'p>>,
    understood: bool,
}

impl Reader<'_> {
    /// What every one of the alternatives requires.
    fn branches(&mut self) -> Vec<Group> {
        let mut branches = vec![self.sequence()];
        while self.rest.next_if_eq(&'|').is_some() {
            branches.push(self.sequence());
        }
        if let [_] = branches.as_slice() {
            return branches.pop().unwrap_or_default();
        }
        let best =
            |groups: Vec<Group>| groups.into_iter().max_by_key(|g| shortest(g)).filter(|g| !g.is_empty());
        let mut all = Group::new();
        for branch in branches {
            let Some(group) = best(branch) else { return Vec::new() };
            all.extend(group);
        }
        all.sort_unstable();
        all.dedup();
        vec![all]
    }

    fn sequence(&mut self) -> Vec<Group> {
        let mut found = Vec::new();
        let mut run = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '|' | ')')) {
            let part = self.part(c);
            let least = self.repeated();
            if let (Part::Literal(c), None | Some(1..)) = (&part, least) {
                run.push(*c);
            }
            if !matches!((&part, least), (Part::Literal(_), None)) && !run.is_empty() {
                found.push(vec![std::mem::take(&mut run)]);
            }
            if let Part::Nested(groups) = part
                && least != Some(0)
            {
                found.extend(groups);
            }
        }
        if !run.is_empty() {
            found.push(vec![run]);
        }
        found
    }

    fn part(&mut self, first: char) -> Part {
        match first {
            '(' => {
                if self.rest.next_if_eq(&'?').is_some() && self.rest.next_if_eq(&':').is_none() {
                    self.understood = false;
                }
                let groups = self.branches();
                self.understood &= self.rest.next_if_eq(&')').is_some();
                Part::Nested(groups)
            }
            '[' => {
                self.class();
                Part::Open
            }
            '\\' => match self.rest.next() {
                Some('b' | 'w' | 'W' | 's' | 'd') => Part::Open,
                Some(escaped) if !escaped.is_alphanumeric() => Part::Literal(escaped),
                _ => {
                    self.understood = false;
                    Part::Open
                }
            },
            '.' | '^' | '$' => Part::Open,
            literal => Part::Literal(literal),
        }
    }

    /// Skips the rest of a bracketed class.
    fn class(&mut self) {
        let mut first = true;
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => {
                    self.rest.next();
                }
                ']' if !first => return,
                '[' | ']' | '&' => self.understood = false,
                '^' if first => continue,
                _ => {}
            }
            first = false;
        }
        self.understood = false;
    }

    /// The least number of repetitions, where the part before is repeated.
    fn repeated(&mut self) -> Option<u32> {
        let least = match self.rest.next_if(|c| matches!(c, '?' | '*' | '+' | '{'))? {
            '+' => 1,
            '{' => {
                let mut digits = String::new();
                while let Some(digit) = self.rest.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                while self.rest.next().is_some_and(|c| c != '}') {}
                digits.parse().unwrap_or(0)
            }
            _ => 0,
        };
        self.rest.next_if_eq(&'?');
        Some(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Vec<String> {
        required(pattern).iter().map(|g| g.join("|")).collect()
    }

    #[test]
    fn every_part_that_must_be_there_is_asked_for() {
        assert_eq!(of(r"\b(?:i|we)(?: [a-z]+ly)? (?:do not|don't) know\b"), [" know", "do not|don't"]);
        assert_eq!(of("informations?"), ["information"]);
        assert_eq!(of("abc+def"), ["abc", "def"]);
        assert_eq!(of("abcd{0,3}?efg(?:hij){2}(?:klm){0,1}"), ["abc", "efg", "hij"]);
        assert_eq!(of(r"n'am\s+\(deloc"), ["(deloc", "n'am"]);
        assert_eq!(of("(?:one|two (?:three|f))x"), ["one|two "]);
    }

    #[test]
    fn nothing_is_asked_for_where_nothing_must_be_there() {
        let free = [
            "",
            "ab",
            "abc|",
            "(?:abc)?",
            "abc|[xyz]+",
            "a.c",
            "(?i)abc",
            r"\x41bcd",
            "[[a]bcd]",
            "[a&&b]xyz",
        ];
        for pattern in free {
            assert_eq!(of(pattern), Vec::<String>::new(), "{pattern}");
        }
    }

    #[test]
    fn broken_patterns_are_read_without_harm() {
        for pattern in ["(abc", "abc)", "[abc", "abc{", "abc\\", "(?", "[]abc]"] {
            assert!(required(pattern).len() < 2, "{pattern}");
        }
    }
}
