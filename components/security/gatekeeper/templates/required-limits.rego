# Refuses containers without a limit for each resource that the constraint names. Ephemeral containers can have none.
package requiredlimits

violation contains {"msg": msg} if {
	some list in ["containers", "initContainers"]
	some container in input.review.object.spec[list]
	some resource in input.parameters.resources
	not container.resources.limits[resource]
	msg := sprintf("Container %s has no limit for %s: it could take all the node has; set resources.limits.%s.", [container.name, resource, resource])
}
