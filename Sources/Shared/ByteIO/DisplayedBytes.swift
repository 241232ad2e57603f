// Names as people see them: bytes that could confuse a terminal or a table are escaped.

/// `bytes` as text in which tab, newline, carriage return and backslash read `\t`, `\n`, `\r`, `\\`, and other control
/// characters (C0, DEL, C1) and invalid UTF-8 read `\xHH`, a pair a byte.
public func displayed(_ bytes: some Sequence<UInt8>) -> String { fatalError("skeleton") }

/// A file's name as people see it.
public func displayed(_ name: String) -> String { displayed(Array(name.utf8)) }
