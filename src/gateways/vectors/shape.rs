//! What every engine refuses before it works: vectors of another length, numbers that are not numbers, term ids out of
//! order, places off the globe. Checked here once, so that both engines refuse alike and say which thing is wrong.

use super::{Condition, Error, Filter, HybridQuery, Point};
use crate::model::lexical::SparseVector;

/// Checks points before they are stored in an index of `dimensions` numbers a vector.
///
/// # Errors
/// [`Error::Refused`], naming the first passage at fault.
pub(super) fn check_points(points: &[Point], dimensions: usize) -> Result<(), Error> {
    for point in points {
        check_vectors(point.dense.as_deref(), Some(&point.sparse), dimensions)
            .and_then(|()| check_payload(point))
            .map_err(|fault| Error::Refused(format!("passage {}: {fault}", point.id)))?;
    }
    Ok(())
}

/// Checks a query before it is run.
///
/// # Errors
/// [`Error::Refused`], saying what is wrong.
pub(super) fn check_query(query: &HybridQuery, dimensions: usize) -> Result<(), Error> {
    check_vectors(query.dense.as_deref(), query.sparse.as_ref(), dimensions)
        .map_err(|fault| Error::Refused(format!("query: {fault}")))?;
    check_filter(&query.filter)
}

/// Checks a filter before it is used.
///
/// # Errors
/// [`Error::Refused`], saying what is wrong.
pub(super) fn check_filter(filter: &Filter) -> Result<(), Error> {
    (filter.must.iter().chain(&filter.must_not).try_for_each(check_condition))
        .map_err(|fault| Error::Refused(format!("query: {fault}")))
}

fn check_vectors(dense: Option<&[f32]>, sparse: Option<&SparseVector>, dimensions: usize) -> Result<(), String> {
    if let Some(dense) = dense {
        if dense.len() != dimensions {
            let found = dense.len();
            return Err(format!(
                "the vector has {found} numbers, the index takes {dimensions}; is it another model's?"
            ));
        }
        finite(dense)?;
    }
    let Some(sparse) = sparse else { return Ok(()) };
    if sparse.indices.len() != sparse.values.len() {
        let (terms, weights) = (sparse.indices.len(), sparse.values.len());
        return Err(format!("{terms} terms have {weights} weights"));
    }
    if !sparse.indices.is_sorted_by(|a, b| a < b) {
        return Err("the terms are not in ascending order, each once".to_owned());
    }
    finite(&sparse.values)
}

fn check_payload(point: &Point) -> Result<(), String> {
    if let Some((latitude, longitude)) = point.payload.position {
        check_place(latitude, longitude)?;
    }
    finite(point.payload.years.as_slice())
}

fn check_condition(condition: &Condition) -> Result<(), String> {
    match condition {
        Condition::Near { latitude, longitude, radius_km } => {
            check_place(*latitude, *longitude)?;
            if *radius_km >= 0.0 && radius_km.is_finite() { Ok(()) } else { Err(format!("a radius of {radius_km} km")) }
        }
        Condition::Years { min, max } => finite(min.as_slice()).and_then(|()| finite(max.as_slice())),
        Condition::Any(several) if several.is_empty() => Err("one of no conditions cannot hold".to_owned()),
        Condition::Any(several) => several.iter().try_for_each(check_condition),
        _ => Ok(()),
    }
}

fn check_place(latitude: f64, longitude: f64) -> Result<(), String> {
    if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) {
        return Ok(());
    }
    Err(format!("there is no place at latitude {latitude}, longitude {longitude}"))
}

fn finite(numbers: &[f32]) -> Result<(), String> {
    match numbers.iter().find(|number| !number.is_finite()) {
        Some(number) => Err(format!("{number} is not a number to calculate with")),
        None => Ok(()),
    }
}
