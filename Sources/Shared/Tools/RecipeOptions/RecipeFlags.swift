// How pictures become images: the options, alike in every command that reads pictures.

import CommandLine
import ImageFiles

extension Recipe.Name: ExpressibleByArgument {}
extension ResamplingFilter: ExpressibleByArgument {}
extension FitRecipe.Placement: ExpressibleByArgument {}
extension FitRecipe.Inversion: ExpressibleByArgument {}

extension FitRecipe.Background: SpelledArgument {
  public static let spelling = "0 to 255, black, white, #rrggbb or auto"
  public init?(argument: String) { self.init(argument) }
}

/// `--recipe` and what belongs to it.
public struct RecipeFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      exact: pictures have the images' size, and stay as they are. fashion-mnist: they are photos of products on white, \
      and become what the data set has. fit: whatever they are, they are scaled.
      """, valueName: "recipe"))
  public var recipe: Recipe.Name?

  @Option(
    help: ArgumentHelp(
      "fit: how to scale, by area, nearest or lanczos. (default: area)", valueName: "filter"))
  public var filter: ResamplingFilter?

  @Option(
    help: ArgumentHelp(
      """
      fit: contain all, with background beside it; cover all, with the rest cut off; or stretch. (default: contain)
      """, valueName: "way"))
  public var fit: FitRecipe.Placement?

  @Option(
    help: ArgumentHelp(
      """
      exact, fit: the color under transparent pixels and beside pictures, before they are inverted: 0 to 255, black, \
      white, #rrggbb, or auto, which is white under them and their border's commonest color beside them. (default: 0 \
      with exact, auto with fit)
      """, valueName: "color"), transform: FitRecipe.Background.spelled)
  public var background: FitRecipe.Background?

  @Option(
    help: ArgumentHelp(
      """
      fit: exchange light and dark; auto: of pictures whose border is light. yes, no or auto. (default: auto)
      """, valueName: "when"))
  public var invert: FitRecipe.Inversion?

  public init() {}

  /// Refuses options that the recipe has no use for.
  public func validate() throws {
    let named = recipe.map { "--recipe \($0.rawValue)" } ?? "without --recipe fit"
    for (option, isGiven) in [
      ("--filter", filter != nil), ("--fit", fit != nil), ("--invert", invert != nil),
    ]
    where isGiven && recipe != .fit {
      throw ValidationError(
        "\(option) belongs to --recipe fit, and means nothing \(recipe == nil ? "" : "with ")\(named)")
    }
    if background != nil, recipe == .fashionMNIST {
      throw ValidationError(
        "--background means nothing with --recipe fashion-mnist, whose background is white")
    }
    if background == .auto, recipe != .fit {
      throw ValidationError("--background auto belongs to --recipe fit; name a color, 0 to 255 or #rrggbb")
    }
  }

  /// Whether something is asked for.
  public var isGiven: Bool { recipe != nil || background != nil }

  /// The recipe that is asked for; `nil` where none is named.
  public var chosen: Recipe? { recipe.map(make) }

  /// The recipe that is asked for, or the one of that name.
  public func chosen(orElse name: Recipe.Name) -> Recipe { make(recipe ?? name) }

  private func make(_ name: Recipe.Name) -> Recipe {
    switch name {
    case .exact:
      if case .color(let color)? = background { .exact(background: color) } else { .exact() }
    case .fashionMNIST: .fashionMNIST
    case .fit:
      .fit(
        FitRecipe(
          filter: filter ?? .area, placement: fit ?? .contain, background: background ?? .auto,
          inversion: invert ?? .auto))
    }
  }
}
