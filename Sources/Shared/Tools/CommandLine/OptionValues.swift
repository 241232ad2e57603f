// What a command was asked for, as text: to tell whether something was made with the same options.
import ArgumentParser
import ByteIO

extension Tool {
  /// The values of the command's options and arguments, a line each, such as `top=3`, but for those whose properties have the
  /// names `except`, and for files, whose paths say nothing about what is in them.
  public func optionValues(except: Set<String>) -> [String] { values(of: self, except: except) }
}

private func values(of arguments: Any, except: Set<String>) -> [String] {
  Mirror(reflecting: arguments).children.flatMap { child -> [String] in
    // A property wrapper is stored under the property's name after an underscore.
    let property = String((child.label ?? "").drop { $0 == "_" })
    guard !except.contains(property), let holder = child.value as? any ValueHolder else { return [] }
    let value = holder.anyValue
    if holder.isGroup { return values(of: value, except: except) }
    if let file = value as? any FileArgument, !file.files.isEmpty { return [] }
    return ["\(property)=\(displayed("\(value)"))"]
  }
}

private protocol ValueHolder {
  var anyValue: Any { get }
  var isGroup: Bool { get }
}

extension ValueHolder {
  fileprivate var isGroup: Bool { false }
}

extension Option: ValueHolder {
  fileprivate var anyValue: Any { wrappedValue }
}

extension Flag: ValueHolder {
  fileprivate var anyValue: Any { wrappedValue }
}

extension OptionGroup: ValueHolder {
  fileprivate var anyValue: Any { wrappedValue }
  fileprivate var isGroup: Bool { true }
}
