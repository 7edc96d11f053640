//! Resolves `Ref`, `Fn::GetAtt` and `Fn::Sub`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::TemplateError;
use super::document::below;

/// What references may name.
#[derive(Debug, Default)]
pub struct Scope {
    /// What `Ref` gives: parameters, pseudo parameters and resources.
    pub references: BTreeMap<String, Value>,
    /// What `Fn::GetAtt` gives, by resource and attribute.
    pub attributes: BTreeMap<(String, String), String>,
}

impl Scope {
    /// `value` without intrinsics; `path` is where it stands.
    ///
    /// # Errors
    ///
    /// [`TemplateError::UnknownReference`], or [`TemplateError::Invalid`] for a malformed intrinsic.
    pub fn resolve(&self, value: &Value, path: &str) -> Result<Value, TemplateError> {
        match value {
            Value::Object(object) => match intrinsic(object) {
                Some(("Ref", argument)) => self.reference(text(argument, path)?, path),
                Some(("Fn::GetAtt", argument)) => self.attribute(argument, path),
                Some((_, argument)) => self.substitute(argument, path).map(Value::String),
                None => self.resolve_object(object, path),
            },
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.resolve(item, &format!("{path}[{index}]")))
                .collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
        }
    }

    fn resolve_object(&self, object: &Map<String, Value>, path: &str) -> Result<Value, TemplateError> {
        let mut resolved = Map::new();
        for (key, value) in object {
            resolved.insert(key.clone(), self.resolve(value, &below(path, key))?);
        }
        Ok(Value::Object(resolved))
    }

    fn reference(&self, name: &str, path: &str) -> Result<Value, TemplateError> {
        self.references.get(name).cloned().ok_or_else(|| unknown(path, name))
    }

    fn attribute(&self, argument: &Value, path: &str) -> Result<Value, TemplateError> {
        let (Some(resource), Some(attribute)) = (argument[0].as_str(), argument[1].as_str()) else {
            return Err(TemplateError::invalid(path, "[resource, attribute]"));
        };
        self.attribute_text(resource, attribute, path).map(Value::String)
    }

    fn attribute_text(&self, resource: &str, attribute: &str, path: &str) -> Result<String, TemplateError> {
        let key = (resource.to_owned(), attribute.to_owned());
        self.attributes.get(&key).cloned().ok_or_else(|| unknown(path, &format!("{resource}.{attribute}")))
    }

    /// `${Name}`, `${Resource.Attribute}` and `${!Literal}`, with the two-element form's own variables first.
    fn substitute(&self, argument: &Value, path: &str) -> Result<String, TemplateError> {
        let (pattern, variables) = match argument {
            Value::Array(pair) if pair.len() == 2 => (text(&pair[0], path)?, self.resolve(&pair[1], path)?),
            single => (text(single, path)?, Value::Null),
        };
        let mut result = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else {
                return Err(TemplateError::invalid(path, "a closing } after ${"));
            };
            result.push_str(before);
            result.push_str(&self.variable(name, &variables, path)?);
            rest = tail;
        }
        result.push_str(rest);
        Ok(result)
    }

    fn variable(&self, name: &str, variables: &Value, path: &str) -> Result<String, TemplateError> {
        if let Some(literal) = name.strip_prefix('!') {
            return Ok(format!("${{{literal}}}"));
        }
        if let Some(value) = variables.get(name) {
            return scalar(value).ok_or_else(|| TemplateError::invalid(path, format!("text as {name}")));
        }
        if let Some((resource, attribute)) = name.split_once('.') {
            return self.attribute_text(resource, attribute, path);
        }
        let value = self.reference(name, path)?;
        scalar(&value).ok_or_else(|| TemplateError::invalid(path, format!("text as {name}")))
    }
}

/// Text, a number or a truth value as text.
pub fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn intrinsic(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (key, argument) = object.iter().next().filter(|_| object.len() == 1)?;
    matches!(key.as_str(), "Ref" | "Fn::GetAtt" | "Fn::Sub").then_some((key, argument))
}

fn text<'a>(value: &'a Value, path: &str) -> Result<&'a str, TemplateError> {
    value.as_str().ok_or_else(|| TemplateError::invalid(path, "text"))
}

fn unknown(path: &str, name: &str) -> TemplateError {
    TemplateError::UnknownReference { path: path.to_owned(), name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope::default();
        scope.references.insert("AWS::Region".into(), json!("us-east-1"));
        scope.references.insert("Days".into(), json!(30));
        scope.attributes.insert(("Table".into(), "Arn".into()), "arn:table".into());
        scope
    }

    #[test]
    fn a_substitution_takes_references_attributes_variables_and_literals() -> Result<(), TemplateError> {
        let argument = json!({"Fn::Sub": ["${AWS::Region}/${Table.Arn}/${Days}/${Own}/${!Literal}", {"Own": {"Ref": "Days"}}]});
        let resolved = scope().resolve(&argument, "X")?;
        assert_eq!(resolved, json!("us-east-1/arn:table/30/30/${Literal}"));
        Ok(())
    }

    #[test]
    fn a_reference_to_nothing_names_its_place() {
        let error =
            scope().resolve(&json!({"Y": [{"Ref": "Nobody"}]}), "X").map_err(|error| error.to_string());
        assert_eq!(error, Err("X.Y[0]: there is no Nobody".to_owned()));
    }

    #[test]
    fn a_reference_keeps_the_type_of_a_number() -> Result<(), TemplateError> {
        assert_eq!(scope().resolve(&json!({"Ref": "Days"}), "X")?, json!(30));
        Ok(())
    }
}
