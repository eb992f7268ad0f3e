"""Every list that can be exported, by its name in the address."""

from reports.exports import (
    activity_lists,
    audit_lists,
    field_lists,
    figure_lists,
    matter_lists,
    registry_lists,
)
from reports.exports.kinds import Export

EXPORTS: dict[str, Export] = {
    each.name: each
    for module in (registry_lists, field_lists, activity_lists, matter_lists, figure_lists, audit_lists)
    for each in module.EXPORTS
}
