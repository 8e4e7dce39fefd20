# Refuses privileged containers, init and ephemeral containers included.
package denyprivileged

violation contains {"msg": msg} if {
	some list in ["containers", "initContainers", "ephemeralContainers"]
	some container in input.review.object.spec[list]
	container.securityContext.privileged == true
	msg := sprintf("Container %s is privileged: it would be root on the node; add the one capability it needs instead.", [container.name])
}
