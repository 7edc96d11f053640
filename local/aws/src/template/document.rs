//! From YAML with short tags to JSON with `CloudFormation`'s long forms.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use serde_norway::Value as Yaml;

use super::TemplateError;

const SECTIONS: [&str; 7] = [
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Globals",
    "Resources",
];

/// Parses `yaml`; in the result every intrinsic is one of `Ref`, `Fn::GetAtt` (a list) and `Fn::Sub`.
pub fn parse(yaml: &str) -> Result<Value, TemplateError> {
    let document = long_forms(serde_norway::from_str(yaml)?, "")?;
    let Value::Object(sections) = &document else {
        return Err(TemplateError::invalid("the template", "a mapping"));
    };
    for section in sections.keys() {
        if !SECTIONS.contains(&section.as_str()) && section != "Outputs" {
            return Err(TemplateError::unsupported(section, "this section"));
        }
    }
    if !sections.get("Resources").is_some_and(Value::is_object) {
        return Err(TemplateError::Missing { path: "Resources".into() });
    }
    Ok(document)
}

/// The declared parameters.
pub fn parameter_names(document: &Value) -> Vec<String> {
    document["Parameters"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect()
}

/// The defaults of those parameters that have one.
pub fn parameter_defaults(document: &Value) -> Result<BTreeMap<String, Value>, TemplateError> {
    let mut defaults = BTreeMap::new();
    for (name, declaration) in document["Parameters"].as_object().into_iter().flatten() {
        match &declaration["Default"] {
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => {
                return Err(TemplateError::invalid(format!("Parameters.{name}.Default"), "text or a number"));
            }
            scalar => {
                defaults.insert(name.clone(), scalar.clone());
            }
        }
    }
    Ok(defaults)
}

/// `path` with one more step.
pub fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn long_forms(yaml: Yaml, path: &str) -> Result<Value, TemplateError> {
    match yaml {
        Yaml::Mapping(mapping) => {
            let mut object = Map::new();
            for (key, value) in mapping {
                let Yaml::String(key) = key else {
                    return Err(TemplateError::invalid(path, "text as every key"));
                };
                let value = long_forms(value, &below(path, &key))?;
                let value = intrinsic_argument(&key, value, path)?;
                object.insert(key, value);
            }
            Ok(Value::Object(object))
        }
        Yaml::Sequence(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| long_forms(item, &format!("{path}[{index}]")))
            .collect(),
        Yaml::Tagged(tagged) => {
            let name = match tagged.tag.to_string().as_str() {
                "!Ref" => "Ref",
                "!GetAtt" => "Fn::GetAtt",
                "!Sub" => "Fn::Sub",
                other => return Err(TemplateError::unsupported(path, other)),
            };
            let argument = long_forms(tagged.value, path)?;
            Ok(json!({ name: intrinsic_argument(name, argument, path)? }))
        }
        Yaml::Null | Yaml::Bool(_) | Yaml::Number(_) | Yaml::String(_) => Ok(serde_norway::from_value(yaml)?),
    }
}

/// Checks an intrinsic's argument and splits `A.B` of `Fn::GetAtt`; other keys pass unchanged.
fn intrinsic_argument(key: &str, argument: Value, path: &str) -> Result<Value, TemplateError> {
    match (key, argument) {
        ("Fn::GetAtt", Value::String(text)) => match text.split_once('.') {
            Some((resource, attribute)) => Ok(json!([resource, attribute])),
            None => Err(TemplateError::invalid(path, "Resource.Attribute")),
        },
        (key, argument) if !key.starts_with("Fn::") => Ok(argument),
        ("Fn::GetAtt" | "Fn::Sub", argument) => Ok(argument),
        (key, _) => Err(TemplateError::unsupported(path, key)),
    }
}
