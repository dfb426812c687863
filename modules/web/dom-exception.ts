// DOMException (Web IDL 2.8.1): an error that is told by its name.

/** Names by their legacy codes (Web IDL 2.8.1); "" where there is none. */
const names = ["", "IndexSizeError", "", "HierarchyRequestError", "WrongDocumentError", "InvalidCharacterError", "", "NoModificationAllowedError",
	"NotFoundError", "NotSupportedError", "InUseAttributeError", "InvalidStateError", "SyntaxError", "InvalidModificationError", "NamespaceError",
	"InvalidAccessError", "", "TypeMismatchError", "SecurityError", "NetworkError", "AbortError", "URLMismatchError", "QuotaExceededError",
	"TimeoutError", "InvalidNodeTypeError", "DataCloneError"];

/** An error that the web tells by its name. */
export class DOMException extends Error {
	override readonly name: string;

	constructor(message = "", name = "Error") {
		super(String(message));
		this.name = String(name);
	}

	/** The number that older programs know the name by; 0 when it has none. */
	get code(): number {
		return this.name === "" ? 0 : Math.max(names.indexOf(this.name), 0);
	}
}
