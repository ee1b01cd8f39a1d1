//! Which of several functions or operators a call means, by the types of its arguments.

use crate::cast::{Context, context};
use crate::types;

/// The outcome of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    One(usize),
    None,
    /// Several fit equally well.
    Many,
}

/// Whether a value of one type may stand where another is declared, without being asked for.
pub(crate) fn fits(from: u32, to: u32) -> bool {
    if from == to || from == types::UNKNOWN {
        return true;
    }
    match to {
        types::ANY | types::ANYELEMENT | types::ANYCOMPATIBLE => true,
        types::ANYNONARRAY | types::ANYCOMPATIBLENONARRAY => types::category(from) != 'A',
        types::ANYARRAY | types::ANYCOMPATIBLEARRAY => types::category(from) == 'A',
        types::RECORD => types::category(from) == 'C',
        _ => context(from, to).is_some_and(|c| c == Context::Implicit),
    }
}

/// Whether arguments can be turned into what is declared, each alone and all together.
fn takes(declared: &[u32], inputs: &[u32]) -> bool {
    declared.iter().zip(inputs).all(|(to, from)| fits(*from, *to))
        && polymorphic(declared, types::VOID, inputs).is_some()
}

/// Picks the candidate that the argument types mean; each candidate has one declared type for each argument.
pub(crate) fn choose(candidates: &[Vec<u32>], inputs: &[u32]) -> Choice {
    if let Some(exact) = candidates.iter().position(|c| c.as_slice() == inputs) {
        return Choice::One(exact);
    }
    let mut left: Vec<usize> =
        (0..candidates.len()).filter(|at| candidates.get(*at).is_some_and(|c| takes(c, inputs))).collect();
    let declared = |at: usize, arg: usize| candidates.get(at).and_then(|c| c.get(arg)).copied().unwrap_or(0);
    let done = |left: &[usize]| match left {
        [] => Some(Choice::None),
        [one] => Some(Choice::One(*one)),
        _ => None,
    };
    if let Some(choice) = done(&left) {
        return choice;
    }
    let known: Vec<(usize, u32)> = inputs.iter().copied().enumerate().filter(|(_, t)| *t != types::UNKNOWN).collect();
    // Most exact types.
    keep_best(&mut left, |at| known.iter().filter(|(arg, ty)| declared(at, *arg) == *ty).count());
    if let Some(choice) = done(&left) {
        return choice;
    }
    // Most exact or preferred types.
    keep_best(&mut left, |at| {
        let good = |(arg, ty): &&(usize, u32)| {
            let to = declared(at, *arg);
            to == *ty || (types::preferred(to) && types::category(to) == types::category(*ty))
        };
        known.iter().filter(good).count()
    });
    if let Some(choice) = done(&left) {
        return choice;
    }
    if known.len() == inputs.len() {
        return Choice::Many;
    }
    if let Some(filtered) = by_category_of_unknowns(&left, inputs, declared) {
        left = filtered;
        if let Some(choice) = done(&left) {
            return choice;
        }
    }
    // If all known types are the same, the unknown ones may be meant to be of it as well.
    if let Some((_, first)) = known.first()
        && known.iter().all(|(_, ty)| ty == first)
    {
        let all: Vec<usize> =
            left.iter().copied().filter(|at| (0..inputs.len()).all(|arg| fits(*first, declared(*at, arg)))).collect();
        if let [one] = all.as_slice() {
            return Choice::One(*one);
        }
    }
    Choice::Many
}

/// Keeps the candidates with the highest score.
fn keep_best(left: &mut Vec<usize>, score: impl Fn(usize) -> usize) {
    let best = left.iter().map(|at| score(*at)).max().unwrap_or(0);
    left.retain(|at| score(*at) == best);
}

/// For each argument of unknown type, the category that the candidates agree on: text if any takes text.
fn by_category_of_unknowns(
    left: &[usize],
    inputs: &[u32],
    declared: impl Fn(usize, usize) -> u32,
) -> Option<Vec<usize>> {
    let mut wanted = Vec::new();
    for (arg, _) in inputs.iter().enumerate().filter(|(_, t)| **t == types::UNKNOWN) {
        let kinds: Vec<(char, bool)> =
            left.iter().map(|at| (types::category(declared(*at, arg)), types::preferred(declared(*at, arg)))).collect();
        let category = if kinds.iter().any(|(c, _)| *c == 'S') {
            'S'
        } else {
            let (first, _) = *kinds.first()?;
            if kinds.iter().any(|(c, _)| *c != first) {
                return None;
            }
            first
        };
        let preferred = kinds.iter().any(|(c, p)| *c == category && *p);
        wanted.push((arg, category, preferred));
    }
    let fitting = |at: &usize| {
        wanted.iter().all(|(arg, category, preferred)| {
            let to = declared(*at, *arg);
            types::category(to) == *category && (!preferred || types::preferred(to))
        })
    };
    let kept: Vec<usize> = left.iter().copied().filter(fitting).collect();
    (!kept.is_empty()).then_some(kept)
}

/// The actual types of arguments and result of a function whose declared types may be polymorphic; `None` if the
/// arguments do not agree. Arguments of unknown type become text if nothing else says what they are.
pub(crate) fn polymorphic(declared: &[u32], result: u32, inputs: &[u32]) -> Option<(Vec<u32>, u32)> {
    let mut element: Option<u32> = None;
    let mut common: Option<u32> = None;
    for (to, from) in declared.iter().zip(inputs).filter(|(_, from)| **from != types::UNKNOWN) {
        match *to {
            types::ANYELEMENT | types::ANYNONARRAY => {
                if *element.get_or_insert(*from) != *from {
                    return None;
                }
            }
            types::ANYARRAY => {
                let of = types::element_of(*from)?;
                if *element.get_or_insert(of) != of {
                    return None;
                }
            }
            types::ANYCOMPATIBLE | types::ANYCOMPATIBLENONARRAY => common = Some(wider(common, *from)?),
            types::ANYCOMPATIBLEARRAY => common = Some(wider(common, types::element_of(*from)?)?),
            _ => {}
        }
    }
    let element = element.unwrap_or(types::TEXT);
    let common = common.unwrap_or(types::TEXT);
    let actual = |to: u32, from: u32| {
        Some(match to {
            types::ANYELEMENT | types::ANYNONARRAY => element,
            types::ANYARRAY if types::element_of(from) == Some(element) => from,
            types::ANYARRAY => types::array_of(element)?,
            types::ANYCOMPATIBLE | types::ANYCOMPATIBLENONARRAY => common,
            types::ANYCOMPATIBLEARRAY => types::array_of(common)?,
            types::ANY => from,
            types::RECORD if from != types::UNKNOWN => from,
            _ => to,
        })
    };
    let args = declared.iter().zip(inputs).map(|(to, from)| actual(*to, *from)).collect::<Option<Vec<u32>>>()?;
    Some((args, actual(result, 0)?))
}

/// The type that both can be turned into.
fn wider(a: Option<u32>, b: u32) -> Option<u32> {
    match a {
        None => Some(b),
        Some(a) if a == b || fits(b, a) => Some(a),
        Some(a) if fits(a, b) => Some(b),
        _ => None,
    }
}
