//! Writes JSON text in the layout of a framework: separators, the order of keys, and escapes.
//!
//! Numbers and words keep their text. No function is recursive, so deep nesting cannot overflow the stack.

use crate::json::string;

pub(crate) struct Style {
    pub(crate) comma: &'static str,
    pub(crate) colon: &'static str,
    /// Whether the keys of every object are sorted.
    pub(crate) sorted: bool,
    /// Returns whether a character is written as `\u` and four hexadecimal digits.
    pub(crate) escaped: fn(char) -> bool,
}

impl Style {
    /// Returns an empty object, to add members to.
    pub(crate) fn object(&'static self, capacity: usize) -> Object {
        Object { style: self, text: String::with_capacity(capacity), members: Vec::new() }
    }

    /// Appends JSON text, laid out in this style.
    fn push_value(&self, json: &str, text: &mut String) {
        if !self.sorted {
            for token in tokens(json) {
                self.push_token(token, text);
            }
            return;
        }
        let groups = groups(json);
        let Some(outermost) = groups.len().checked_sub(1) else {
            return tokens(json).for_each(|token| self.push_token(token, text));
        };
        // The groups that are open, from the outermost one, each with the position of its next item.
        let mut open = vec![(outermost, 0)];
        text.push(groups[outermost].opening());
        while let Some((at, next)) = open.last_mut() {
            let group = &groups[*at];
            let Some((key, item)) = group.items.get(*next) else {
                text.push(group.closing());
                open.pop();
                continue;
            };
            if *next > 0 {
                text.push_str(self.comma);
            }
            *next += 1;
            if let Some(key) = key {
                self.push_token(key, text);
                text.push_str(self.colon);
            }
            match item {
                Item::Text(json) => self.push_token(json, text),
                Item::Group(inner) => {
                    text.push(groups[*inner].opening());
                    open.push((*inner, 0));
                }
            }
        }
    }

    fn push_token(&self, token: &str, text: &mut String) {
        match token {
            "," => text.push_str(self.comma),
            ":" => text.push_str(self.colon),
            // In words and numbers there is nothing to escape.
            token => self.push_string(token, text),
        }
    }

    /// Appends JSON text as it was read. Only letters beyond ASCII are escaped if the framework escapes them: a session
    /// of a former format may contain such letters, and Django cannot read them.
    fn push_as_read(&self, json: &str, text: &mut String) {
        if !json.is_ascii() && json.chars().any(|character| !character.is_ascii() && (self.escaped)(character)) {
            self.push_string(json, text);
        } else {
            text.push_str(json);
        }
    }

    /// Appends a JSON string, and keeps the escapes in it.
    fn push_string(&self, string: &str, text: &mut String) {
        for character in string.chars() {
            if (self.escaped)(character) {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    const HEX: &[u8; 16] = b"0123456789abcdef";
                    text.push_str("\\u");
                    text.extend([12, 8, 4, 0].map(|shift| char::from(HEX[usize::from(*unit >> shift & 15)])));
                }
            } else {
                text.push(character);
            }
        }
    }
}

/// An object that is being written.
pub(crate) struct Object {
    style: &'static Style,
    /// The members in sequence, without separators.
    text: String,
    /// Each key, and the position where its member ends.
    members: Vec<(String, usize)>,
}

impl Object {
    /// Appends a member whose JSON text comes from the program.
    pub(crate) fn push(&mut self, key: &str, json: &str) {
        let mut quoted = String::with_capacity(key.len() + 2);
        string::write(key, &mut quoted);
        self.style.push_string(&quoted, &mut self.text);
        self.text.push_str(self.style.colon);
        self.style.push_value(json, &mut self.text);
        self.members.push((key.into(), self.text.len()));
    }

    /// Appends a member as it was read. `raw_key` is the text between its key's quotes.
    pub(crate) fn push_as_read(&mut self, key: &str, raw_key: &str, json: &str) {
        self.text.push('"');
        self.style.push_as_read(raw_key, &mut self.text);
        self.text.push('"');
        self.text.push_str(self.style.colon);
        self.style.push_as_read(json, &mut self.text);
        self.members.push((key.into(), self.text.len()));
    }

    /// Returns the text of the object.
    pub(crate) fn end(self) -> String {
        let mut start = 0;
        let mut members: Vec<(&str, &str)> = Vec::with_capacity(self.members.len());
        for (key, end) in &self.members {
            members.push((key, &self.text[start..*end]));
            start = *end;
        }
        if self.style.sorted {
            members.sort_by_key(|(key, _)| *key);
        }
        let mut object = String::with_capacity(self.text.len() + members.len() * self.style.comma.len() + 2);
        object.push('{');
        for (at, (_, member)) in members.iter().enumerate() {
            if at > 0 {
                object.push_str(self.style.comma);
            }
            object.push_str(member);
        }
        object.push('}');
        object
    }
}

/// Returns the brackets, commas, colons, strings and words of a JSON text, without white space between them.
fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\n', '\r', '\t']);
        let len = match rest.as_bytes().first()? {
            b'"' => string_len(rest),
            b'[' | b']' | b'{' | b'}' | b',' | b':' => 1,
            _ => rest.find([' ', '\n', '\r', '\t', '[', ']', '{', '}', ',', ':', '"']).unwrap_or(rest.len()),
        };
        let (token, behind) = rest.split_at(len);
        rest = behind;
        Some(token)
    })
}

/// Returns the length of the string at the start of a text, including both quotes.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// An array or an object.
struct Group<'t> {
    is_object: bool,
    /// In an object, each item has a key.
    items: Vec<(Option<&'t str>, Item<'t>)>,
}

enum Item<'t> {
    /// A string, a number or a word.
    Text(&'t str),
    /// An array or object, by its index in the list of groups.
    Group(usize),
}

impl Group<'_> {
    fn opening(&self) -> char {
        if self.is_object { '{' } else { '[' }
    }

    fn closing(&self) -> char {
        if self.is_object { '}' } else { ']' }
    }
}

/// Returns the arrays and objects of a JSON text, inner ones before outer ones. The keys of each object are sorted.
fn groups(json: &str) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut open: Vec<Group<'_>> = Vec::new();
    let mut keys = Vec::new();
    let mut key = None;
    let mut tokens = tokens(json).peekable();
    while let Some(token) = tokens.next() {
        let item = match token {
            "," | ":" => continue,
            "[" | "{" => {
                keys.push(key.take());
                open.push(Group { is_object: token == "{", items: Vec::new() });
                continue;
            }
            "]" | "}" => {
                let Some(mut group) = open.pop() else { break };
                // Sorts by the unescaped keys, like Python: by code point, which is the order of UTF-8.
                group.items.sort_by_cached_key(|(key, _)| {
                    key.filter(|_| group.is_object).map(|key| string::unescaped(&key[1..key.len() - 1]))
                });
                groups.push(group);
                key = keys.pop().flatten();
                Item::Group(groups.len() - 1)
            }
            string if string.starts_with('"') && tokens.peek() == Some(&":") => {
                key = Some(string);
                continue;
            }
            text => Item::Text(text),
        };
        if let Some(group) = open.last_mut() {
            group.items.push((key.take(), item));
        }
    }
    groups
}

/// Returns whether Python's `json.dumps` writes a character as `\u…`: every character except printable ASCII.
#[cfg(any(feature = "flask", feature = "django", feature = "starlette"))]
pub(crate) fn beyond_ascii(character: char) -> bool {
    !matches!(character, ' '..='~')
}

#[cfg(test)]
mod tests {
    use super::*;

    static PLAIN: Style = Style { comma: ",", colon: ":", sorted: false, escaped: |_| false };
    static SPACED: Style = Style { comma: ", ", colon: ": ", sorted: false, escaped: |c| !c.is_ascii() };
    static SORTED: Style = Style { comma: ",", colon: ":", sorted: true, escaped: |c| !c.is_ascii() };

    fn laid_out(style: &Style, json: &str) -> String {
        let mut text = String::new();
        style.push_value(json, &mut text);
        text
    }

    #[test]
    fn a_value_is_laid_out_with_the_separators_of_the_style() {
        let json = r#" { "b" : [1 ,2.50, -0 ] ,"a":{"x":{} , "é, : [": [ ] },"c":"\u00e9\"]" } "#;
        assert_eq!(laid_out(&PLAIN, json), r#"{"b":[1,2.50,-0],"a":{"x":{},"é, : [":[]},"c":"\u00e9\"]"}"#);
        assert_eq!(
            laid_out(&SPACED, json),
            r#"{"b": [1, 2.50, -0], "a": {"x": {}, "\u00e9, : [": []}, "c": "\u00e9\"]"}"#
        );
        assert_eq!(laid_out(&SORTED, json), r#"{"a":{"x":{},"\u00e9, : [":[]},"b":[1,2.50,-0],"c":"\u00e9\"]"}"#);
    }

    #[test]
    fn keys_are_sorted_by_code_point_at_every_level() {
        assert_eq!(
            laid_out(&SORTED, r#"[{"b":1,"a":{"\u0064":1,"c":[{"f":1,"e":2}]},"10":0,"9":0,"😀":1,"￿":2}]"#),
            r#"[{"10":0,"9":0,"a":{"c":[{"e":2,"f":1}],"\u0064":1},"b":1,"\uffff":2,"\ud83d\ude00":1}]"#
        );
        assert_eq!(laid_out(&SORTED, r#"{"a!":1,"a":2,"a ":3,"":4}"#), r#"{"":4,"a":2,"a ":3,"a!":1}"#);
        let mut object = SORTED.object(0);
        object.push("é", "2");
        object.push_as_read("b", "\\u0062", "[ 1 ]");
        object.push("B", "{\"z\": 1,\"y\": 2}");
        assert_eq!(object.end(), r#"{"B":{"y":2,"z":1},"\u0062":[ 1 ],"\u00e9":2}"#);
    }

    #[test]
    fn a_scalar_keeps_its_text() {
        for json in ["1e+30", "1180591620717411303424", "NaN", "-Infinity", "true", "null", r#""a\/b""#] {
            for style in [&PLAIN, &SPACED, &SORTED] {
                assert_eq!(laid_out(style, json), json);
            }
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for style in [&PLAIN, &SORTED] {
            assert_eq!(laid_out(style, &deep), deep);
        }
    }
}
