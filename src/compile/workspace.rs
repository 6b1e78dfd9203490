//! The checklist: settings, catalog, scripts, custom tiles, segments, scoring models, levels, e-mails, journeys.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Members, Plan, TopicPlan, account_scores, catalog, commercial, consent, email, journey, levels, renames,
    scoring, segments, settings, shared::hash, workflow,
};
use crate::{
    definitions::Definitions,
    diagnostics::Problems,
    model::{FunctionShape, Secrets},
    script::Library,
    tiles::{self, CustomTiles, Names, PluginNames},
};

/// Checks definitions. All problems are reported; when any of them is an error there is no plan.
pub fn compile(definitions: &Definitions, problems: &mut Problems) -> Option<Plan> {
    let settings = settings::compile(&definitions.settings, problems);
    let mut catalog = catalog::compile(definitions, problems);
    let library = Arc::new(Library::new(&definitions.scripts, &definitions.tables, problems));
    let version = hash(&[library.content()]);
    for function in library.names().filter_map(|name| library.function(name)) {
        let shape = FunctionShape {
            parameters: function.parameters.clone(),
            reads: function.reads.clone(),
            version: version.clone(),
        };
        catalog.functions.insert(function.name.clone(), shape);
    }
    for table in library.tables() {
        let shape = library.table_shape(&table.name, hash(&[&table.content]));
        catalog.tables.extend(shape.map(|shape| (table.name.clone(), shape)));
    }
    let catalog = Arc::new(catalog);
    let channels = definitions.settings.channels.iter().map(|channel| channel.name.value.clone());
    let channels: Arc<BTreeSet<String>> = Arc::new(channels.collect());
    let plugin_names =
        PluginNames { catalog: &catalog, library: &library, channels: &channels, zone: &settings.zone };
    let mut tiles = CustomTiles::new();
    for definition in &definitions.plugins {
        match tiles::compile_plugin(definition, &plugin_names, problems) {
            Some(tile) => {
                tiles.insert(tile.name.clone(), Arc::new(tile));
            }
            None => problems.lose(&*definition.name.value),
        }
    }
    let segments = segments::compile(definitions, &catalog, &settings.zone, problems);
    let models = scoring::models(definitions, &catalog, &settings.zone, problems);
    let levels = levels::compile(definitions, &models, problems);
    levels::report_circles(&models, &segments, problems);
    let emails = email::compile(definitions, &catalog, &settings.zone, problems);
    commercial::check(definitions, &settings, &emails, problems);
    let workflows = workflow::compile(definitions, &plugin_names, problems);
    let channels = workflow::channels(&definitions.settings, &catalog, &settings.zone, problems);
    let names = Names {
        emails: definitions.emails.iter().map(|email| email.header.name.value.clone()).collect(),
        workflows: definitions
            .workflows
            .iter()
            .map(|definition| {
                let name = definition.header.name.value.clone();
                let known = workflow::known(workflows.get(&name));
                (name, known)
            })
            .collect(),
    };
    let mut journeys = Vec::new();
    for definition in &definitions.journeys {
        journeys.extend(journey::compile(
            definition,
            definitions,
            &catalog,
            &settings,
            &names,
            &tiles,
            problems,
        ));
    }
    account_scores::warn(definitions, &journeys, &catalog, &segments, problems);
    consent::warn(definitions, problems);
    renames::check(definitions, &catalog, problems);
    problems.forgive_lost(&definitions.sources);
    journeys.sort_by(|a, b| a.name.cmp(&b.name));
    if problems.has_errors() {
        return None;
    }
    let secrets = Secrets::new(&definitions.secrets);
    let conditions =
        segments.iter().filter(|segment| segment.active).filter_map(|segment| match &segment.members {
            Members::Where(condition) => Some((segment.name.clone(), condition.clone())),
            Members::Static(_) => None,
        });
    Some(Plan {
        conditions: conditions.collect(),
        settings,
        topics: topics(definitions),
        catalog,
        segments,
        emails,
        workflows,
        channels,
        models,
        levels,
        journeys,
        secrets,
        tiles,
        library,
    })
}

/// The topics, by name.
fn topics(definitions: &Definitions) -> Vec<TopicPlan> {
    let mut topics: Vec<TopicPlan> = definitions
        .topics
        .iter()
        .map(|topic| {
            let name = topic.header.name.value.clone();
            let label =
                topic.header.label.as_ref().map_or_else(|| name.replace('-', " "), |text| text.value.clone());
            TopicPlan { name, label, subscription: topic.subscription }
        })
        .collect();
    topics.sort_by(|a, b| a.name.cmp(&b.name));
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journey(text: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("journeys")).unwrap();
        std::fs::write(folder.path().join("tilework.yaml"), "name: vendor\n").unwrap();
        std::fs::write(folder.path().join("journeys/x.yaml"), text).unwrap();
        let mut problems = Problems::default();
        let definitions = crate::definitions::load(folder.path(), None, &|_| None, &mut problems).unwrap();
        let plan = compile(&definitions, &mut problems).unwrap();
        (plan.journeys[0].hash.clone(), plan.journeys[0].content.clone())
    }

    #[test]
    fn a_journey_is_another_when_any_of_its_lines_is() {
        let segment = "---\nkind: segment\nname: all\ntarget: contact\nwhere: true\n";
        let text = "kind: journey\nname: spring\ntarget: contact\nstart: 2026-03-01 08:00\naudience: { include: [all] }\n\
                    steps:\n  - { id: pause, tile: wait, with: { for: 7 days } }\n";
        let (first, content) = journey(&format!("{text}{segment}"));
        assert_eq!(content, text.trim_end());
        assert_eq!(
            journey(&format!("{text}\n{segment}# more\n")).0,
            first,
            "what stands elsewhere changes nothing"
        );
        for other in [text.replace("7 days", "8 days"), format!("{text}  - {{ id: done, tile: end }}\n")] {
            assert_ne!(journey(&format!("{other}{segment}")).0, first, "{other}");
        }
    }
}
