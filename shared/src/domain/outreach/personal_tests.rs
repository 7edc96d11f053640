use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::personal::{PersonValues, check, render, render_address, render_label};

fn attributes(value: &Value) -> BTreeMap<String, Value> {
    value.as_object().unwrap().clone().into_iter().collect()
}

fn anna(attributes: &BTreeMap<String, Value>) -> PersonValues<'_> {
    PersonValues { first_name: "Anna", last_name: "", username: "anna_b", invite_link: "", attributes }
}

#[test]
fn every_field_stands_for_what_is_known_of_the_person() {
    let known = attributes(&json!({
        "city": "Riga", "age": 30, "score": 1.50, "vip": true, "interests": ["a", "b"], "first_name": "x",
    }));
    for (text, html) in [
        ("Hi *{{firstName}}*!", "Hi <b>Anna</b>!"),
        ("{{username}} {{ firstName }}", "anna_b Anna"),
        ("{{lastName|}}.", "."),
        ("{{lastName|dear friend}}", "dear friend"),
        ("{{ lastName | friend }}", "friend"),
        ("{{firstName|friend}}", "Anna"),
        ("{{attributes.city}} {{city}} {{age}} {{vip}} {{interests}}", "Riga Riga 30 true a, b"),
        ("{{score}}", "1.5"),
        ("{{first_name}} and {{first_name}}", "x and x"),
        ("_{{firstName}}_ `{{city}}`", "<i>Anna</i> <code>Riga</code>"),
        ("{firstName} }} {", "{firstName} }} {"),
        ("[{{firstName}}](https://e.com/?n={{city}})", "<a href=\"https://e.com/?n=Riga\">Anna</a>"),
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
        assert_eq!(render(text, anna(&known)).unwrap().html, html, "{text}");
    }
}

#[test]
fn a_field_without_value_and_default_is_missing() {
    let known = attributes(&json!({"empty": "", "city": "Riga"}));
    for (text, field) in [
        ("{{lastName}}", "lastName"),
        ("{{firstName}} {{attributes.town}}", "attributes.town"),
        ("{{empty}}", "empty"),
        ("{{Firstname}}", "Firstname"),
    ] {
        assert_eq!(render(text, anna(&known)).unwrap_err().0, field, "{text}");
    }
}

#[test]
fn braces_that_begin_no_field_are_refused() {
    for text in [
        "{{",
        "{{firstName",
        "{{firstName}",
        "{{}}",
        "{{ }}",
        "{{a b}}",
        "{{{a}}}",
        "{{a|{{b}}}}",
        "{{attributes.}}",
    ] {
        let reason = check(text).unwrap_err();
        assert!(reason.starts_with("must close each {{ as in"), "{reason}");
    }
}

#[test]
fn values_are_text_wherever_they_stand() {
    let known = attributes(&json!({"city": "<b>*R*</b> & \"co\"", "shop": "https://e.com/?a=1&b=2"}));
    let person = PersonValues { first_name: "{{city}} _x_", ..anna(&known) };
    let text = render("*{{firstName}}* {{city}}", person).unwrap();
    assert_eq!(text.html, "<b>{{city}} _x_</b> &lt;b&gt;*R*&lt;/b&gt; &amp; &quot;co&quot;");
    assert_eq!(text.plain, "{{city}} _x_ <b>*R*</b> & \"co\"");
    assert_eq!(text.characters, text.plain.chars().count());
    let text = render("[a](https://e.com/?c={{city}}) [b]({{shop}})", person).unwrap();
    assert_eq!(
        text.html,
        "<a href=\"https://e.com/?c=%3Cb%3E%2AR%2A%3C%2Fb%3E%20%26%20%22co%22\">a</a> <a href=\"https://e.com/?a=1&amp;b=2\">b</a>"
    );
    assert_eq!(render_label("{{firstName}} *!*", person).unwrap(), "{{city}} _x_ *!*");
    assert_eq!(
        render_address("https://e.com/{{city}}?", person).unwrap(),
        "https://e.com/%3Cb%3E%2AR%2A%3C%2Fb%3E%20%26%20%22co%22?"
    );
}

#[test]
fn a_text_has_room_for_many_fields_and_reserved_characters_mean_nothing() {
    let known = attributes(&json!({"a": "A", "b": "B"}));
    let text = "{{a}}{{b}}".repeat(60);
    assert_eq!(render(&text, anna(&known)).unwrap().html, "AB".repeat(60));
    assert_eq!(render("\u{fdd0}\u{fdda}x{{a}}\u{fdd1}", anna(&known)).unwrap().html, "xA");
}

proptest! {
    #[test]
    fn no_field_is_left_and_no_value_is_rendered_again(
        text in "([a*_`\\[\\] <&\\n]|\\]\\(|\\{\\{firstName\\}\\}|\\{\\{x\\|d\\}\\}|\\{\\{y\\|\\}\\}){0,30}",
        name in "[a<&*{}_ \"]{1,12}",
    ) {
        let known = attributes(&json!({"y": name}));
        let person = PersonValues { first_name: &name, ..anna(&known) };
        let rendered = render(&text, person).unwrap();
        // With values without braces there would be none at all.
        let plain = render(&text, PersonValues { first_name: "n", attributes: &BTreeMap::new(), ..person }).unwrap();
        prop_assert!(!plain.html.contains("{{") && !plain.plain.contains("{{"), "{}", plain.html);
        let reserved = |text: &str| text.chars().any(|letter| ('\u{fdd0}'..='\u{fdef}').contains(&letter));
        prop_assert!(!reserved(&rendered.html) && !reserved(&rendered.plain), "{}", rendered.html);
        // A name adds no tag, whatever it is.
        prop_assert_eq!(rendered.html.matches('<').count(), plain.html.matches('<').count(), "{}", rendered.html);
    }
}
