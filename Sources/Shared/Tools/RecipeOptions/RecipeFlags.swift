// The options for turning pictures into images: recipes, and what to do about damage. They are the same in every
// command that reads pictures.

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

/// `--recipe` and the options that belong to it.
public struct RecipeFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      exact: take pictures of the images' size as they are. fashion-mnist: convert photos of products on white as the \
      data set's makers did. fit: scale any picture.
      """, valueName: "recipe"))
  public var recipe: Recipe.Name?

  @Option(
    help: ArgumentHelp(
      "fit: scale with area, nearest or lanczos. (default: area)", valueName: "filter"))
  public var filter: ResamplingFilter?

  @Option(
    help: ArgumentHelp(
      """
      fit: contain the whole picture, with background beside it; cover the whole image, with the overhang cut off; or \
      stretch. (default: contain)
      """, valueName: "way"))
  public var fit: FitRecipe.Placement?

  @Option(
    help: ArgumentHelp(
      """
      exact, fit: put this colour under transparent pixels and beside pictures, before inverting them: 0 to 255, black, \
      white, #rrggbb, or auto, which is white under pixels and the median of the border beside pictures. (default: 0 \
      with exact, auto with fit)
      """, valueName: "color"), transform: FitRecipe.Background.spelled)
  public var background: FitRecipe.Background?

  @Option(
    help: ArgumentHelp(
      """
      fit: exchange light and dark: yes, no, or auto, which does so if a picture's border is light. (default: auto)
      """, valueName: "when"))
  public var invert: FitRecipe.Inversion?

  public init() {}

  /// Refuses options that the recipe does not use.
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
      throw ValidationError("--background auto belongs to --recipe fit; name a colour, 0 to 255 or #rrggbb")
    }
  }

  /// Whether the command line has a recipe or a background.
  public var isGiven: Bool { recipe != nil || background != nil }

  /// The recipe on the command line; `nil` if it names none.
  public var chosen: Recipe? { recipe.map(make) }

  /// Returns the recipe on the command line, or else the recipe `name`.
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

/// `--strict`, for damage in picture files that no pixel depends on.
public struct DamageOptions: ParsableArguments {
  @Flag(
    help: """
      Refuse pictures with bytes after their end, or with damage that no pixel depends on. (default: read them and \
      report their number)
      """)
  public var strict = false

  public init() {}
}
