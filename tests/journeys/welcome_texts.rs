//! Welcomes as people write them: Telegram takes each, and shows what was meant.

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::domain::campaign::Welcome;
use shared::domain::url_macro::MacroValues;
use shared::domain::welcome::{WelcomeValues, render};
use telegram_simulator::parse_text;

use super::nasty_texts::{BLANK, NASTY};

const TITLE: &str = "Cats & *dogs* <b>";
const NAME: &str = "_An_na_ [x](y) `😀`";
const INVITE: &str = "https://t.me/+a_b-c";

/// What people see, and how: `kind(text)` of each entity, and for a link where it leads.
fn shown(text: &str) -> (String, String) {
    let welcome = Welcome { text: text.to_owned(), ..Welcome::default() };
    let values = WelcomeValues { title: TITLE, first_name: NAME, invite: INVITE };
    let html = render(&welcome, values, &MacroValues::default()).html;
    let formatted =
        parse_text(&html, Some("HTML")).unwrap_or_else(|error| panic!("{text:?}: {error} in {html}"));
    let units: Vec<u16> = formatted.text.encode_utf16().collect();
    let entities = formatted.entities.iter().map(|entity| {
        let part = String::from_utf16(&units[entity.offset..entity.offset + entity.length]).unwrap();
        let url = entity.url.as_deref().map(|url| format!("→{url}")).unwrap_or_default();
        format!("{}({part}){url}", entity.kind)
    });
    let entities = entities.collect::<Vec<_>>().join(" ");
    (formatted.text, entities)
}

/// As written, as shown, and what is formatted.
const TEXTS: &[(&str, &str, &str)] = &[
    // Names with `_`, and marks inside words.
    ("@my_channel_bot", "@my_channel_bot", ""),
    ("Write to @my_name and @his_name!", "Write to @my_name and @his_name!", ""),
    ("@a_b *now* @c_d", "@a_b now @c_d", "bold(now)"),
    ("_@my_name_", "@my_name", "italic(@my_name)"),
    ("*@my_name*", "@my_name", "bold(@my_name)"),
    ("snake_case_and_more", "snake_case_and_more", ""),
    ("2*3*4=24", "2*3*4=24", ""),
    ("5 * 3 * 2", "5 * 3 * 2", ""),
    ("a_b*c_d*e", "a_b*c_d*e", ""),
    ("имя_канала и ещё_одно", "имя_канала и ещё_одно", ""),
    ("_слово_и_ещё_", "слово_и_ещё", "italic(слово_и_ещё)"),
    ("file_name.txt _really_", "file_name.txt really", "italic(really)"),
    ("user_@mail_box.com", "user_@mail_box.com", ""),
    ("#tag_one #tag_two", "#tag_one #tag_two", ""),
    ("/start_now and /stop_now", "/start_now and /stop_now", ""),
    ("_a_b", "_a_b", ""),
    ("a_ b_", "a_ b_", ""),
    ("x_ *y*", "x_ y", "bold(y)"),
    // Unclosed marks.
    ("*", "*", ""),
    ("_", "_", ""),
    ("`", "`", ""),
    ("[", "[", ""),
    ("]", "]", ""),
    ("\\", "\\", ""),
    ("*bold", "*bold", ""),
    ("_italic", "_italic", ""),
    ("`code", "`code", ""),
    ("```block", "```block", ""),
    ("``` `a` ", "``` a", "code(a)"),
    ("[text", "[text", ""),
    ("[text]", "[text]", ""),
    ("[text](", "[text](", ""),
    ("[text](https://e.com", "[text](https://e.com", ""),
    ("*a _b* c", "a _b c", "bold(a _b)"),
    ("_a *b_ c", "a *b c", "italic(a *b)"),
    ("**", "**", ""),
    ("****", "****", ""),
    ("__", "__", ""),
    ("____", "____", ""),
    ("``", "``", ""),
    ("``````", "``````", ""),
    ("[]()", "[]()", ""),
    ("________", "________", ""),
    ("*****\n*a*\n*****", "*****\na\n*****", "bold(a)"),
    ("*only one", "*only one", ""),
    ("one* only", "one* only", ""),
    ("Sale! 50% *off", "Sale! 50% *off", ""),
    ("* first\n* second", "* first\n* second", ""),
    ("* first *very* good\n* second", "* first very good\n* second", "bold(very)"),
    ("- one\n- *two*", "- one\n- two", "bold(two)"),
    ("*a\nb*", "a\nb", "bold(a\nb)"),
    ("5* hotel, 4* food", "5* hotel, 4* food", ""),
    ("*Note: 5* hotel", "Note: 5 hotel", "bold(Note: 5)"),
    // Nested and neighbouring marks.
    ("*_both_*", "both", "italic(both) bold(both)"),
    ("_*both*_", "both", "bold(both) italic(both)"),
    ("*a _b_ c*", "a b c", "bold(a b c) italic(b)"),
    ("*a* *b*", "a b", "bold(a) bold(b)"),
    ("*a*_b_", "ab", "bold(a) italic(b)"),
    ("*a*, _b_, `c`", "a, b, c", "bold(a) italic(b) code(c)"),
    ("**bold**", "bold", "bold(bold)"),
    ("__italic__", "italic", "italic(italic)"),
    ("**a _b_ c**", "a b c", "bold(a b c) italic(b)"),
    ("**_both_**", "both", "italic(both) bold(both)"),
    ("**a** and *b*", "a and b", "bold(a) bold(b)"),
    ("***a***", "*a*", "bold(*a)"),
    ("*a `b*c` d*", "a b*c d", "bold(a b*c d) code(b*c)"),
    ("`*a* _b_ [c](d)`", "*a* _b_ [c](d)", "code(*a* _b_ [c](d))"),
    ("```\n*a*\n```", "*a*", "pre(*a*)"),
    ("*Join now! *🔥", "Join now! 🔥", "bold(Join now! )"),
    ("*a* b* c", "a b* c", "bold(a)"),
    ("(*a*)", "(a)", "bold(a)"),
    ("\"*a*\"", "\"a\"", "bold(a)"),
    ("*a*!", "a!", "bold(a)"),
    ("*a*-*b*", "a-b", "bold(a) bold(b)"),
    // Escapes.
    ("\\*not bold\\*", "*not bold*", ""),
    ("\\_not\\_ italic", "_not_ italic", ""),
    ("\\`not code\\`", "`not code`", ""),
    ("\\[not](a link)", "[not](a link)", ""),
    ("*a \\* b*", "a * b", "bold(a * b)"),
    ("C:\\new\\table", "C:\\new\\table", ""),
    ("my\\_name", "my_name", ""),
    ("end\\", "end\\", ""),
    ("\\\\*a*", "\\*a*", ""),
    // What means something in HTML.
    ("<b>a</b>", "<b>a</b>", ""),
    ("a < b && c > d", "a < b && c > d", ""),
    ("&lt;&amp;&#65;&nbsp;", "&lt;&amp;&#65;&nbsp;", ""),
    ("*<i>*", "<i>", "bold(<i>)"),
    ("`</code>`", "</code>", "code(</code>)"),
    ("<script>alert(\"x\")</script>", "<script>alert(\"x\")</script>", ""),
    ("</b></i></a>", "</b></i></a>", ""),
    ("<3 you & me", "<3 you & me", ""),
    ("it's \"quoted\"", "it's \"quoted\"", ""),
    ("<a href=\"https://e.com\">x", "<a href=\"https://e.com\">x", ""),
    // Links.
    ("[go](https://e.com)", "go", "text_link(go)→https://e.com"),
    ("[go](https://e.com/?a=1&b=<2>)", "go", "text_link(go)→https://e.com/?a=1&b=<2>"),
    ("[go](https://e.com/\"x\")", "go", "text_link(go)→https://e.com/\"x\""),
    ("[*go*](https://e.com)", "go", "bold(go) text_link(go)→https://e.com"),
    ("*[go](https://e.com)*", "go", "text_link(go)→https://e.com bold(go)"),
    ("_[go](https://e.com/a_/b_c_d)_", "go", "text_link(go)→https://e.com/a_/b_c_d italic(go)"),
    ("[go](https://e.com/a_(b))", "go", "text_link(go)→https://e.com/a_(b)"),
    ("[a](https://a.com)[b](https://b.com)", "ab", "text_link(a)→https://a.com text_link(b)→https://b.com"),
    ("[note] [go](https://e.com)", "[note] go", "text_link(go)→https://e.com"),
    ("[[1]](https://e.com)", "[1]", "text_link([1])→https://e.com"),
    ("[a [b](https://b.com) c](https://a.com)", "[a b c](https://a.com)", "text_link(b)→https://b.com"),
    ("[go] (https://e.com)", "[go] (https://e.com)", ""),
    ("[go](not a link)", "[go](not a link)", ""),
    ("[go](nowhere)", "go", ""),
    ("[я тут](tg://user?id=1)", "я тут", "text_link(я тут)→tg://user?id=1"),
    ("[go](javascript:alert(1))", "go", "text_link(go)→javascript:alert(1)"),
    ("[x](https://e.com/*a*)", "x", "text_link(x)→https://e.com/*a*"),
    ("[](https://e.com)", "[](https://e.com)", ""),
    ("![image](https://e.com/a.png)", "!image", "text_link(image)→https://e.com/a.png"),
    // Addresses by themselves.
    ("https://t.me/my_chat_name", "https://t.me/my_chat_name", ""),
    ("https://e.com/_a_/_b_ *x*", "https://e.com/_a_/_b_ x", "bold(x)"),
    ("*https://e.com/a_b_*", "https://e.com/a_b_", "bold(https://e.com/a_b_)"),
    ("_see https://e.com/a_/b_", "see https://e.com/a_/b", "italic(see https://e.com/a_/b)"),
    ("(https://e.com/*a*/)", "(https://e.com/*a*/)", ""),
    ("https://e.com/?x=*&y=*&z", "https://e.com/?x=*&y=*&z", ""),
    ("http://e.com, *b*", "http://e.com, b", "bold(b)"),
    ("tg://resolve?domain=a_b_&x=_y_", "tg://resolve?domain=a_b_&x=_y_", ""),
    // Every script, and what stands between letters.
    ("*жирный* _курсив_", "жирный курсив", "bold(жирный) italic(курсив)"),
    ("*שלום* עולם", "שלום עולם", "bold(שלום)"),
    ("_مرحبا_ *بكم*", "مرحبا بكم", "italic(مرحبا) bold(بكم)"),
    ("\u{202b}*abc*\u{202c}", "abc", "bold(abc)"),
    ("*你好*，世界", "你好，世界", "bold(你好)"),
    ("🔥*hot*🔥", "🔥hot🔥", "bold(hot)"),
    ("*🔥*", "🔥", "bold(🔥)"),
    ("👨‍👩‍👧 *family* 👍🏽", "👨‍👩‍👧 family 👍🏽", "bold(family)"),
    ("_é_ *e\u{301}*", "é e\u{301}", "italic(é) bold(e\u{301})"),
    ("🇩🇪_de_🇩🇪", "🇩🇪de🇩🇪", "italic(de)"),
    ("*ไทย* _हिन्दी_", "ไทย हिन्दी", "bold(ไทย) italic(हिन्दी)"),
    ("1️⃣ *one* 2️⃣ _two_", "1️⃣ one 2️⃣ two", "bold(one) italic(two)"),
    // Macros.
    ("*{title}*", "Cats & *dogs* <b>", "bold(Cats & *dogs* <b>)"),
    ("_{first_name}_", "_An_na_ [x](y) `😀`", "italic(_An_na_ [x](y) `😀`)"),
    ("Hi {first_name}, _join_", "Hi _An_na_ [x](y) `😀`, join", "italic(join)"),
    ("{first_name} {title}", "_An_na_ [x](y) `😀` Cats & *dogs* <b>", ""),
    ("`{title}`", "Cats & *dogs* <b>", "code(Cats & *dogs* <b>)"),
    ("[{title}]({invite})", "Cats & *dogs* <b>", "text_link(Cats & *dogs* <b>)→https://t.me/+a_b-c"),
    ("*Join* {invite}", "Join https://t.me/+a_b-c", "bold(Join)"),
    ("_{invite}_", "https://t.me/+a_b-c", "italic(https://t.me/+a_b-c)"),
    ("{title", "{title", ""),
    ("{ti*tle} a*", "{ti*tle} a*", ""),
    ("{{title}}", "{Cats & *dogs* <b>}", ""),
    ("{unknown_name} and {other_name}", "{unknown_name} and {other_name}", ""),
    ("{}", "{}", ""),
    ("*{*title}", "*{*title}", ""),
    ("{first_name}_{first_name}", "_An_na_ [x](y) `😀`__An_na_ [x](y) `😀`", ""),
];

fn texts() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    TEXTS.iter().chain(NASTY)
}

#[test]
fn there_are_more_than_two_hundred_texts_and_none_twice() {
    let different: BTreeSet<_> = texts().map(|(written, ..)| written).collect();
    assert_eq!(different.len(), texts().count());
    assert!(different.len() > 200, "{}", different.len());
}

#[test]
fn a_text_of_which_nothing_is_to_be_seen_is_the_title() {
    for blank in BLANK {
        let text = blank.replace("{nothing}", "");
        assert_eq!(shown(&text), (TITLE.to_owned(), String::new()), "{text:?}");
    }
}

#[test]
fn a_text_may_have_as_many_characters_as_telegram_takes_whatever_they_cost_in_html() {
    for letter in ["a", "&", "<", "😀", "e\u{301}", "👨‍👩‍👧"] {
        let count = 4_096 / letter.chars().count();
        let (text, _) = shown(&letter.repeat(count));
        assert_eq!(text, letter.repeat(count));
        let (text, bold) = shown(&format!("*{}*", letter.repeat(count)));
        assert_eq!((text.chars().count(), bold.starts_with("bold(")), (letter.chars().count() * count, true));
    }
    let (text, _) = shown(&"w".repeat(4_096));
    assert_eq!(text.len(), 4_096, "one word");
}

#[test]
fn every_text_is_taken_and_shows_what_was_meant() {
    let wrong: Vec<_> = texts()
        .map(|(written, text, entities)| {
            (written, shown(written), ((*text).to_owned(), (*entities).to_owned()))
        })
        .filter(|(_, shown, meant)| shown != meant)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_text_is_taken_inside_every_mark_and_beside_every_other() {
    let mut count = 0;
    for (written, ..) in texts() {
        for around in
            ["*T*", "_T_", "**T**", "`T`", "```T```", "[T](https://e.com)", "[x](T)", "🔥T🔥", "T*", "_T"]
        {
            shown(&around.replace('T', written));
            count += 1;
        }
    }
    for ((first, ..), (second, ..)) in texts().zip(TEXTS.iter().rev()) {
        shown(&format!("{first}{second}"));
        shown(&format!("{first} {second}\n{first}"));
        count += 2;
    }
    assert!(count > 1_500, "{count}");
}

proptest! {
    #[test]
    fn no_text_is_refused(
        text in "([*_`\\\\\\[\\](){}<>&\"' \n]|[a-zа-я0-9é😀🔥א]|https://|\\]\\(|```|\\{title\\}|\\{first_name\\}|\\{invite\\}){0,60}"
    ) {
        shown(&text);
    }
}
