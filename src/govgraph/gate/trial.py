"""One change on trial: its edits made one after another on the live store, what they reach, and the way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyoxigraph import BlankNode, NamedNode

from govgraph.catalogue import Audience, View
from govgraph.catalogue.summary import Share, shares
from govgraph.change.departing import Delete, Withdraw
from govgraph.change.edits import Edit, Graph, Statements
from govgraph.change.lifecycle import Publish
from govgraph.change.state import State, owners_of
from govgraph.change.terms import unusable
from govgraph.change.undoing import Undo
from govgraph.change.uniting import Merge
from govgraph.errors import ChangeError, Forbidden
from govgraph.gate.affected import Focus
from govgraph.gate.judging import Judge, Judgement
from govgraph.gate.rights import Rights, Shares
from govgraph.iris import RDFS_SUBCLASS, compact
from govgraph.store import Term
from govgraph.store.live import Live
from govgraph.store.patch import Patch
from govgraph.validation import Finding


class Trial:
    """``net`` is what the edits changed so far. Entities are never parts; what belongs to nobody stands for itself."""

    def __init__(self, live: Live, state: State, judge: Judge, rights: Rights, most_quads: int) -> None:
        """``most_quads`` is how many one edit may change."""
        self.state = state
        self._rights = rights
        self._most_quads = most_quads
        self.net = Patch()
        self.targets: set[NamedNode] = set()
        """What edits name and a right is needed for, whatever quads they change."""
        self._live = live
        self._judge = judge
        self._derived = Patch()
        self._unlogged = Patch()
        self._ruled = dict.fromkeys(Audience, Focus())
        self._before: dict[Audience, dict[NamedNode, Sequence[Share]]] = {audience: {} for audience in Audience}
        self._reached: dict[Audience, set[NamedNode]] = {audience: set() for audience in Audience}

    @property
    def logged(self) -> Patch:
        """All that changed and belongs into the log."""
        return self.net.then(self._derived)

    def step(self, edit: Edit) -> None:
        """Make one edit. Raises what it raises, and Forbidden or ChangeError for what no edit may touch."""
        wanted = edit.patch(self.state)
        self._refuse(edit, wanted)
        patch = self._live.exact(wanted)
        if patch.within((self.state.names.reference,)):
            self._rights.refuse_reference()
        self.targets |= _targets(edit)
        for audience in Audience:
            within = patch.within(self._judge.graphs(audience))
            if within:
                self._capture(audience, within)
                self._ruled[audience] |= self._judge.affected.by_rules(self._live, within, self._graphs(audience))
        self._live.apply(patch)
        self.net = self.net.then(patch)
        if isinstance(edit, Undo):
            self.targets |= self._reached[Audience.PUBLIC]

    def settle(self) -> None:
        """Called when all edits are made: what is reached in the state they lead to, and whether it may be. Raises
        Forbidden."""
        for audience in Audience:
            self._reached[audience] |= self._entities(audience, self._about(self._net(audience)))
        self._rights.refuse_touching(self._reached[Audience.WORKING] | self.targets, *self._kept())
        for audience in Audience:
            within = self._net(audience)
            if within:
                self._ruled[audience] |= self._judge.affected.by_rules(self._live, within, self._graphs(audience))

    def judge(self, audience: Audience) -> Judgement:
        if not self._net(audience):
            return Judgement()
        ruled = self._ruled[audience]
        return self._judge.judge(
            self._live, audience, self._net(audience), ruled, lambda finding: self.stands(audience, finding)
        )

    def stands(self, audience: Audience, finding: Finding) -> bool:
        """Whether a finding may not be introduced: a Violation anywhere, a Warning where it is published."""
        if not finding.blocks_publishing:
            return False
        if finding.severity == "violation" or audience is Audience.PUBLIC:
            return True
        owners = self._entities(audience, {finding.entity})
        public = (self.state.names.public,)
        return any(self.state.reader.statements([entity], public) for entity in owners)

    def derive(self, patch: Patch, *, logged: bool = True) -> None:
        """Add to the store what follows from the change; its number, which every replay gives it again, is not
        logged."""
        patch = self._live.exact(patch)  # else the log would tell, and undoing bring back, what never was
        self._live.apply(patch)
        if logged:
            self._derived = self._derived.then(patch)
        else:
            self._unlogged = self._unlogged.then(patch)

    def undo(self) -> None:
        self._live.apply(self.logged.then(self._unlogged).inverse)

    def reaches(self, audience: Audience) -> bool:
        """Whether the audience may know that there was a change; those who keep the catalogue know of all."""
        return bool(self.net) if audience is Audience.WORKING else bool(self._net(audience))

    def changed(self, audience: Audience) -> set[NamedNode]:
        """The entities the change was about, as far as the audience may know."""
        if audience is Audience.WORKING:
            return self._reached[Audience.WORKING] | self._reached[Audience.PUBLIC]
        return self._reached[audience]

    @property
    def is_open(self) -> bool:
        """Whether everything the change was about is published."""
        return self._reached[Audience.WORKING] <= self._reached[Audience.PUBLIC] | self._published()

    def _kept(self) -> tuple[Shares, Shares]:
        """Who keeps what is touched in the working view, before and after."""
        touched, view = self._reached[Audience.WORKING] | self.targets, self._view(Audience.WORKING)
        after = shares(view, list(touched), ()) if self._rights.limited else {}
        unseen = {entity: of for entity, of in after.items() if entity not in self._before[Audience.WORKING]}
        return {**unseen, **self._before[Audience.WORKING]}, after

    def shares(self, audience: Audience, judgement: Judgement) -> tuple[Shares, Shares]:
        """What each entity counts before and after, of those whose points, kind or keepers may have changed.

        Call it before the report graph is changed.
        """
        view = self._view(audience)
        noticed = {f.entity for f in (*judgement.introduced.values(), *judgement.mended.values())}
        entities = self._reached[audience] | self._entities(audience, noticed)
        if not entities:
            return {}, {}
        fresh = [entity for entity in entities if entity not in self._before[audience]]
        stored = [f for of in view.findings(list(entities)).values() for f in of]
        before = {**self._before[audience], **shares(view, fresh, stored)}
        now = [f for f in stored if f.key not in judgement.mended]
        after = shares(view, list(entities), [*now, *judgement.introduced.values()])
        return {entity: of for entity, of in before.items() if of}, after

    def _capture(self, audience: Audience, patch: Patch) -> None:
        """Remember how what a patch is about stands before it is made; nothing, for what is not there yet."""
        about = self._about(patch)
        reached = self._entities(audience, about)
        self._reached[audience] |= reached
        fresh = [entity for entity in (reached | about) if entity not in self._before[audience]]
        view = self._view(audience)
        if audience is Audience.WORKING and self._rights.limited:
            # Before anything is asked of rules: who may not touch it shall not keep others waiting for an answer.
            self._rights.refuse_foreign(shares(view, fresh, ()))
        findings = [f for of in view.findings(fresh).values() for f in of]
        self._before[audience].update({**dict.fromkeys(fresh, ()), **shares(view, fresh, findings)})

    def _entities(self, audience: Audience, nodes: Collection[Term]) -> set[NamedNode]:
        """The entities some nodes belong to; what belongs to none stands for itself while something is said of it."""
        graphs = self._graphs(audience)
        owners = owners_of(self.state, nodes, graphs[0])
        loose = [node for node in nodes if node not in owners]
        # A part that is gone belonged to somebody before, who is known from then.
        alone = {triple.subject for triple in self.state.reader.statements(loose, graphs)}
        found = {owner for of in owners.values() for owner in of} | alone
        return {entity for entity in found if isinstance(entity, NamedNode)}

    def _about(self, patch: Patch) -> set[NamedNode]:
        """The nodes a patch says something about, or links to as parts: a part is its owners' alone."""
        parts = self.state.contract.part_predicates
        return {
            node
            for quads in (patch.removed, patch.added)
            for quad in quads
            for node in ((quad.subject, quad.object) if quad.predicate in parts else (quad.subject,))
            if isinstance(node, NamedNode)
        }

    def _published(self) -> set[NamedNode]:
        reached = list(self._reached[Audience.WORKING])
        said = self.state.reader.statements(reached, (self.state.names.public, self.state.names.reference))
        return {triple.subject for triple in said if isinstance(triple.subject, NamedNode)}

    def _graphs(self, audience: Audience) -> tuple[NamedNode, ...]:
        return self._judge.graphs(audience)

    def _net(self, audience: Audience) -> Patch:
        return self.net.within(self._graphs(audience))

    def _view(self, audience: Audience) -> View:
        return View(self._live.reader, self.state.contract, self.state.names, audience)

    def _refuse(self, edit: Edit, patch: Patch) -> None:
        names = self.state.names
        if isinstance(edit, Statements | Graph):
            for quad in (*patch.removed, *patch.added):
                if quad.graph_name not in (names.working, names.reference):
                    raise Forbidden(
                        f"Nobody writes to the graph {quad.graph_name} directly.",
                        f"Write to {names.working.value}; publishing fills the public graph.",
                    )
        if len(patch) > self._most_quads:
            raise ChangeError(
                f"The change has {len(patch):,} statements, more than change_statements allows.",
                "Make it in parts, or load it as a file with govgraph load.",
            )
        for quad in patch.added:
            reason = unusable(quad.object)
            if reason is not None:
                raise ChangeError(reason, f"{quad.subject} has it as {quad.predicate}.")
            if quad.predicate == RDFS_SUBCLASS and quad.graph_name in (names.working, names.reference):
                raise ChangeError(
                    f"{compact(str(quad.subject).strip('<>'))} cannot be made a subclass here.",
                    "Classes belong to the contract: add them to its ontology, then govgraph contract apply.",
                )
            if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
                raise ChangeError("The change has a blank node, and the catalogue keeps none.", "Give it an IRI.")


def _targets(edit: Edit) -> set[NamedNode]:
    match edit:
        case Delete(node=node):
            return {node}
        case Publish(entity=entity) | Withdraw(entity=entity):
            return {entity}
        case Merge(duplicate=duplicate, into=into):
            return {duplicate, into}
    return set()
