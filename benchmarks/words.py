"""The words of a made-up catalogue, in every language of the house; knows no contract and draws nothing by chance.

Everything is a function of a number, so that two catalogues of one seed have the same texts.
"""

from __future__ import annotations

_ACTIONS = {
    "en": ("Apply for", "Renew", "Replace", "Correct", "Check", "Transfer", "Cancel", "Declare", "Register", "Appeal"),
    "fr": (
        *("Demander", "Renouveler", "Remplacer", "Corriger", "Vérifier", "Transférer", "Annuler", "Déclarer"),
        *("Enregistrer", "Contester"),
    ),
}
_THINGS = {
    "en": (
        *("a birth certificate", "a marriage certificate", "a driving licence", "a passport", "a building permit"),
        *("a land title", "a business licence", "a company registration", "a tax return", "a vehicle registration"),
        *("a child benefit", "an old-age pension", "a disability allowance", "a school place", "a scholarship"),
        *("a work permit", "a residence permit", "a water connection", "a farm subsidy", "a fishing licence"),
        *("a vaccination record", "a health card", "a court record", "a voter registration", "an import permit"),
        *("a food safety approval", "a public procurement offer", "a customs clearance", "a residence change"),
    ),
    "fr": (
        *("un acte de naissance", "un acte de mariage", "un permis de conduire", "un passeport"),
        *("un permis de construire", "un titre foncier", "une licence commerciale", "une immatriculation d’entreprise"),
        *("une déclaration d’impôts", "une carte grise", "une allocation pour enfant", "une pension de vieillesse"),
        *("une allocation d’invalidité", "une place à l’école", "une bourse d’études", "un permis de travail"),
        *("un titre de séjour", "un raccordement à l’eau", "une aide agricole", "un permis de pêche"),
        *("un carnet de vaccination", "une carte de santé", "un extrait de jugement", "une inscription électorale"),
        *("un permis d’importation", "un agrément sanitaire", "une offre de marché public", "un dédouanement"),
        "un changement de domicile",
    ),
}
_PLACES = tuple(
    f"{a}{b}" for b in ("mont", "val", "dale", "bourg", "port", "ness") for a in ("Nor", "Bel", "Mar", "Os")
)
_PLACED = {"en": "{what}, {place} district {number}", "fr": "{what}, district {number} de {place}"}
_SENTENCES = {
    "en": (
        "You can start online and finish at any office of the district.",
        "The office checks the entry against the register and answers in writing.",
        "Residents need an identity document and a recent proof of address.",
        "Fees are paid by card, by mobile money or in cash at the counter.",
        "The answer is sent by post unless an electronic copy is chosen.",
        "Those who act for somebody else bring a signed mandate with them.",
        "An appeal is possible within thirty days of the answer.",
        "What was already given to another office is not asked for again.",
    ),
    "fr": (
        "La démarche commence en ligne et peut s’achever dans tout bureau du district.",
        "Le bureau compare la demande avec le registre et répond par écrit.",
        "Il faut une pièce d’identité et un justificatif de domicile récent.",
        "Les droits se règlent par carte, par paiement mobile ou en espèces au guichet.",
        "La réponse part par courrier, sauf si une copie électronique est choisie.",
        "Qui agit pour une autre personne présente un mandat signé.",
        "Un recours est possible dans les trente jours qui suivent la réponse.",
        "Ce qui a déjà été remis à un autre bureau n’est pas demandé de nouveau.",
    ),
}


def place(number: int) -> str:
    return _PLACES[number % len(_PLACES)]


def thing(language: str, number: int) -> str:
    """Something people ask an office for; in English where the language has no words here."""
    things = _THINGS.get(language, _THINGS["en"])
    return things[number % len(things)]


def service(language: str, number: int) -> str:
    """What a service is called; different for every number."""
    actions = _ACTIONS.get(language, _ACTIONS["en"])
    action = actions[number // 29 % len(actions)]
    return located(language, f"{action} {thing(language, number)}", number)


def named(language: str, label: str, number: int) -> str:
    """What anything but a service is called: its kind's label, what it is about, and where."""
    return located(language, f"{label} · {thing(language, number)}", number)


def located(language: str, what: str, number: int) -> str:
    return _PLACED.get(language, _PLACED["en"]).format(what=what, place=place(number * 7 + number // 24), number=number)


def describe(language: str, number: int) -> str:
    """Two to four sentences."""
    sentences = _SENTENCES.get(language, _SENTENCES["en"])
    return " ".join(sentences[(number * 3 + k * (1 + number % 3)) % len(sentences)] for k in range(2 + number % 3))
